import ClinicalTree
import XMLTree
import Definitions
import Foundation
func time(_ n: Int, _ b: () -> Void) -> Double { b(); let t = clock(); for _ in 0..<n { b() }; return Double(clock() - t) / Double(CLOCKS_PER_SEC) / Double(n) }
func files(_ dir: String, _ ext: String) -> [[UInt8]] {
  var out: [[UInt8]] = []
  for case let p as String in FileManager.default.enumerator(atPath: dir)! where p.hasSuffix(ext) { out.append([UInt8](FileManager.default.contents(atPath: dir + "/" + p)!)) }
  return out
}
let xs = files("/work/shared/corpora/ccda/jddamore__ccda-samples", ".xml")
let xb = Double(xs.reduce(0) { $0 + $1.count })
let tx = time(20) { for x in xs { _ = try? Tree.xml(x, names: .standard) } }
print("xml", xb / tx / 1e6, "MB/s")
