import Foundation
import Testing

/// Tests run side by side, on few cores: how long one takes by the clock says what else runs.
@Suite("Tests and the clock")
struct TestClockTests {
    /// What may stand in a test: processor time instead (`expectProcessorTime`, `ulimit -t`), and the clock only against a
    /// program that hangs for good.
    private static let shortest = 600
    /// The least of a test's own limit: all tests run side by side, and each takes as long as they do.
    private static let leastOfATest = 3_600

    /// Why a line of a test may fail on a busy machine; nil: it does not.
    private static func fault(_ line: Substring) -> String? {
        if let match = line.firstMatch(of: #/\.timeLimit\((?:\.minutes\(([0-9]+)\))?/#) {
            guard let minutes = match.1.flatMap({ Int($0) }), minutes * 60 >= leastOfATest else {
                return "a limit by the clock: expected .minutes(\(leastOfATest / 60)) or more"
            }
        }
        for match in line.matches(of: #/\btimeout ([0-9]+)/#)
        where Int(match.1) ?? 0 < shortest {
            return "timeout \(match.1): expected at least \(shortest) s"
        }
        return nil
    }

    @Test("No test ends because a short time has passed by the clock")
    func limits() throws {
        let folder = Repository.root.appendingPathComponent("Tests")
        let paths = FileManager.default.enumerator(atPath: folder.path)?.allObjects ?? []
        let sources = paths.compactMap { $0 as? String }.filter { $0.hasSuffix(".swift") }
        #expect(sources.count > 100)
        for path in sources.sorted() {
            let lines = try Repository.text("Tests/\(path)")
                .split(separator: "\n", omittingEmptySubsequences: false)
            for (index, line) in lines.enumerated() {
                if let fault = Self.fault(line) {
                    Issue.record("Tests/\(path):\(index + 1): \(fault)")
                }
            }
        }
    }

    @Test("Such limits are seen")
    func seen() {
        for (text, isFault) in [
            ("@Suite(.time" + "Limit(.minutes(5))) struct S {", true),
            ("@Suite(.time" + "Limit(.minutes(60))) struct S {", false),
            ("@Suite(.time" + "Limit(limit)) struct S {", true),
            ("exec time" + "out 20 $staleline", true), ("exec timeout 1200 $staleline", false),
            ("case timeout", false),
        ] {
            #expect((Self.fault(Substring(text)) != nil) == isFault, "\(text)")
        }
    }
}
