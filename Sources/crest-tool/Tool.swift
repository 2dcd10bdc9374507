import Commands

/// The command `crest`.
@main
enum Tool {
  static func main() async {
    await Root.run()
  }
}
