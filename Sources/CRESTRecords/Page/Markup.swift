/// The parts that all pages of HTML share: escaping, the frame, and the look in light and dark.
package enum Markup {
  /// Text that stands for itself in content and in attributes of XML and HTML; what XML cannot hold is
  /// replaced.
  package static func escaped(_ text: String) -> String {
    var out = String.UnicodeScalarView()
    for scalar in text.unicodeScalars {
      switch scalar {
      case "&": out.append(contentsOf: "&amp;".unicodeScalars)
      case "<": out.append(contentsOf: "&lt;".unicodeScalars)
      case ">": out.append(contentsOf: "&gt;".unicodeScalars)
      case "\"": out.append(contentsOf: "&quot;".unicodeScalars)
      case "\n", "\t": out.append(scalar)
      default:
        let isControl = scalar.value < 0x20 || (0xFFFE...0xFFFF).contains(scalar.value)
        out.append(isControl ? "\u{FFFD}" : scalar)
      }
    }
    return String(out)
  }

  /// A page up to its heading. It needs nothing from elsewhere and runs nothing: its policy forbids both.
  package static func beginning(title: String, style: String) -> String {
    """
    <!DOCTYPE html>
    <html lang="en"><head><meta charset="utf-8">
    <meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
    <meta name="viewport" content="width=device-width, initial-scale=1">
    <meta name="color-scheme" content="light dark">
    <title>\(escaped(title))</title>
    <style>
    \(look)\(style)</style></head><body><main>
    <h1>\(escaped(title))</h1>

    """
  }

  /// A table of a heading and cells that are HTML already.
  package static func table(_ columns: [String], _ rows: [[String]]) -> String {
    let head = columns.map { "<th>\(escaped($0))</th>" }.joined()
    let body = rows.map { "<tr>" + $0.joined() + "</tr>\n" }.joined()
    return "<div class=\"wide\"><table><tr>\(head)</tr>\n\(body)</table></div>"
  }

  /// The end of a page.
  package static let end = "</main></body></html>\n"

  private static let look = """
    :root { --ink: #1c1e21; --soft: #5b6168; --paper: #fff; --line: #d9dce0; --error: #b3261e;
      --warning: #8a5300; --information: #1f5fa8; }
    @media (prefers-color-scheme: dark) { :root { --ink: #e8eaed; --soft: #a8aeb5; --paper: #16181b;
      --line: #3a3f45; --error: #ff8a80; --warning: #ffc266; --information: #8ab8ff; } }
    body { font: 16px/1.5 system-ui, sans-serif; color: var(--ink); background: var(--paper);
      max-width: 60rem; margin: 0 auto; padding: 1rem; }
    h1 { font-size: 1.4rem; } h2 { font-size: 1.05rem; overflow-wrap: anywhere;
      border-bottom: 1px solid var(--line); padding-bottom: .25rem; margin-top: 2rem; }
    ul { list-style: none; padding: 0; } li { padding: .5rem 0; border-bottom: 1px solid var(--line);
      overflow-wrap: anywhere; }
    .wide { overflow-x: auto; } table { border-collapse: collapse; font-size: .9rem; }
    th, td { text-align: left; padding: .3rem .8rem .3rem 0; border-bottom: 1px solid var(--line);
      vertical-align: top; }
    .error b { color: var(--error); } .warning b { color: var(--warning); }
    .information b { color: var(--information); }
    .place { color: var(--soft); font-size: .9rem; overflow-wrap: anywhere; }
    code { font-family: ui-monospace, monospace; font-size: .9em; }
    details { color: var(--soft); font-size: .9rem; } summary { cursor: pointer; }

    """
}
