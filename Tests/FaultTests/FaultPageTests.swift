import Foundation
import Testing

/// `docs/reliability.md` names tests that there are.
@Suite("The table of faults") struct FaultPageTests {
    @Test("At least 25 faults, each with a test of its name")
    func rows() throws {
        let page = try String(
            contentsOf: Scene.root.appendingPathComponent("docs/reliability.md"), encoding: .utf8)
        let rows = page.split(separator: "\n").compactMap { line -> String? in
            // `\|` is a bar within a cell.
            let cells = line.replacing("\\|", with: "").split(separator: "|")
            guard line.hasPrefix("| "), cells.count == 4, !line.hasPrefix("| fault |"),
                !line.hasPrefix("| ---")
            else {
                return nil
            }
            return cells[3].replacing("`", with: "").trimmingCharacters(in: .whitespaces)
        }
        #expect(rows.count >= 25)
        var sources = ""
        for folder in ["Tests/FaultTests", "Tests/Fuzz/FuzzTests"] {
            let place = Scene.root.appendingPathComponent(folder)
            for name in try FileManager.default.contentsOfDirectory(atPath: place.path) {
                sources += try String(
                    contentsOf: place.appendingPathComponent(name), encoding: .utf8)
            }
        }
        for row in rows {
            let isThere = sources.contains("func \(row)(")
            #expect(isThere, "docs/reliability.md: no test \(row)")
        }
        #expect(Set(rows).count == rows.count)
    }
}
