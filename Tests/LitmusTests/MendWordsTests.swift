import Experiments
import Hazards
import Operations
import Quantities
import Testing
import Traces

/// What a finding's mend says, put into the trace to the letter, makes the finding go.
///
/// Only mends of bare metal are statements of a trace. Those that are sentences (lines of its own, one mapping for all) are left to
/// `fix`, which has edits for them.
@Suite("Mends, taken at their word") struct MendWordsTests {
    /// A mend that is statements and a place.
    struct Order {
        var statements: [String]
        /// The line that they are put before, from 1.
        var line: Int
    }

    /// A violating trace on bare metal.
    static let cases: [LitmusCase] = {
        let corpus = LitmusFile.root.appendingPathComponent("Traces/corpus")
        let files = ((try? LitmusFile.all()) ?? []) + ((try? LitmusFile.all(in: corpus)) ?? [])
        return files.filter(\.isViolating).flatMap { file in
            file.expectations.filter { $0.kernel == "none" }.map {
                LitmusCase(file: file, expectation: $0)
            }
        }
    }()

    /// What a finding's mend orders; nil: it is a sentence.
    static func order(_ finding: Finding, _ result: CheckResult) -> Order? {
        let place =
            #/ (?:after the (?:wait|load of the register|load that shows the bytes to be ready) and )?before record (?<before>\d+)$/#
        let start =
            #/ (?:after (?:record \d+|the core's own clean) and )?before the doorbell(?:, after the last store to it)?$/#
        let after = #/ after record (?<after>\d+) and before the store that hands the bytes over$/#
        let statements = result.setup.program.statements
        var head: Substring
        var record: Int
        if let match = finding.mend.firstMatch(of: place) {
            (head, record) = (finding.mend[..<match.range.lowerBound], Int(match.before) ?? 0)
        } else if let match = finding.mend.firstMatch(of: after) {
            (head, record) = (finding.mend[..<match.range.lowerBound], (Int(match.after) ?? 0) + 1)
        } else if let match = finding.mend.firstMatch(of: start) {
            head = finding.mend[..<match.range.lowerBound]
            record = doorbell(of: finding.agent, before: finding.record, in: statements)
        } else {
            return nil
        }
        let words = head.split(separator: ";").map { $0.drop { $0 == " " } }
        // Sentences begin otherwise.
        let isCode = words.allSatisfy {
            $0.contains(#/^(?:dc|l2|dmb|dsb|\w+_\w+) ?/#) && !$0.contains(" of ")
        }
        guard isCode, statements.indices.contains(record - 1) else { return nil }
        var agent = ""
        if case .operation(let who, _) = statements[record - 1].body, who.isCore, who.index > 0 {
            agent = "core\(who.index): "
        }
        return Order(
            statements: words.map { agent + $0 }, line: Int(statements[record - 1].line))
    }

    /// The last statement before one that starts a device; that one if there is none.
    private static func doorbell(
        of device: Agent, before record: Int, in statements: [Statement]
    ) -> Int {
        for place in stride(from: record - 1, through: 1, by: -1) {
            guard case .operation(_, let operation) = statements[place - 1].body else { continue }
            switch operation {
            case .ring(device): return place
            case .accessor(let access) where access.function.isWrite && access.device == device:
                return place
            default: continue
            }
        }
        return record
    }

    @Test("The finding is gone", arguments: cases)
    func literally(_ one: LitmusCase) throws {
        let result = try one.file.check(one.expectation)
        for finding in result.judgement.findings {
            guard let order = Self.order(finding, result) else { continue }
            var lines = one.file.text.split(separator: "\n", omittingEmptySubsequences: false)
                .map(String.init)
            lines.insert(contentsOf: order.statements, at: order.line - 1)
            let mended = try LitmusFile(name: one.file.name, text: lines.joined(separator: "\n"))
            let again = try mended.check(one.expectation)
            let old = Int(result.setup.program.statements[finding.record - 1].line)
            let new = old + (old >= order.line ? order.statements.count : 0)
            let left = again.judgement.findings.filter {
                $0.code == finding.code
                    && Int(again.setup.program.statements[$0.record - 1].line) == new
            }
            #expect(
                left.isEmpty,
                "\(one.file.place(one.expectation)): \(one.expectation.profile): \(finding.code.rawValue): \(finding.mend)"
            )
        }
    }

    @Test(
        "Most mends of bare metal are such orders, of every code that maintenance or a barrier mends"
    )
    func coverage() throws {
        var codes: [HazardCode: Int] = [:]
        for one in Self.cases {
            let result = try one.file.check(one.expectation)
            for finding in result.judgement.findings where Self.order(finding, result) != nil {
                codes[finding.code, default: 0] += 1
            }
        }
        #expect(codes.values.reduce(0, +) >= 100, "\(codes)")
        for code in [HazardCode.h01, .h02, .h03, .h04, .h06, .h07, .h08, .h23] {
            #expect(codes[code, default: 0] > 0, "\(code.rawValue)")
        }
    }
}
