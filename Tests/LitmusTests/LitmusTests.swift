import Experiments
import Hazards
import Operations
import Reports
import Testing

/// What `check` finds of each litmus trace on each profile is what the trace's head expects.
@Suite("Litmus traces: verdicts")
struct LitmusTests {
    @Test("The expected verdicts, and no others", arguments: LitmusCase.all)
    func verdicts(_ one: LitmusCase) throws {
        let result = try one.file.check(one.expectation)
        let found = Set(
            result.judgement.findings.map {
                LitmusFile.Pair(verdict: $0.verdict, code: $0.code)
            })
        #expect(
            found == one.expectation.pairs,
            """
            \(one.file.place(one.expectation)): \(one.expectation.profile): expected \
            \(Self.text(one.expectation.pairs)), found \(Self.text(found))
            \(CheckReport(result).text(colours: false))
            """)
    }

    @Test("Every finding says how, why and what to do", arguments: LitmusCase.all)
    func words(_ one: LitmusCase) throws {
        let place = one.file.place(one.expectation)
        for finding in try one.file.check(one.expectation).judgement.findings {
            let what = "\(place): \(one.expectation.profile): \(finding.code.rawValue)"
            #expect(!finding.chain.isEmpty, "\(what) has no chain")
            #expect(finding.chain.allSatisfy { !$0.text.isEmpty }, "\(what): a link is empty")
            #expect(!finding.cause.isEmpty, "\(what) has no cause")
            #expect(!finding.mend.isEmpty, "\(what) has no mend")
            #expect(!finding.detail.isEmpty, "\(what) does not say what was read or lost")
            #expect(finding.bytes > 0, "\(what) concerns no bytes")
            if one.expectation.profile.hasSuffix(" none") {
                // Where there is no kernel its calls are no help.
                let isLinux = finding.mend.contains(#/\bdma_\w+\(|\b[wr]mb\(|ARCH_DMA_MINALIGN/#)
                #expect(!isLinux, "\(what): \(finding.mend)")
            }
        }
    }

    @Test("Findings and their chains point to statements that exist", arguments: LitmusCase.all)
    func places(_ one: LitmusCase) throws {
        let result = try one.file.check(one.expectation)
        let statements = result.setup.program.statements
        let lines = one.file.text.split(separator: "\n", omittingEmptySubsequences: false)
        for finding in result.judgement.findings {
            let records =
                [finding.record, finding.writeRecord] + finding.chain.map(\.record)
            for record in records {
                let what =
                    "\(one.file.place(one.expectation)): \(one.expectation.profile): "
                    + "\(finding.code.rawValue) names record \(record)"
                guard statements.indices.contains(record - 1) else {
                    Issue.record("\(what) of \(statements.count)")
                    continue
                }
                guard case .operation = statements[record - 1].body else {
                    Issue.record("\(what), which is no operation")
                    continue
                }
                let line = Int(statements[record - 1].line)
                let text = lines.indices.contains(line - 1) ? lines[line - 1] : ""
                #expect(
                    !text.isEmpty && !text.hasPrefix("#"),
                    "\(what), line \(line), which holds \"\(text)\"")
            }
        }
    }

    @Test("A manifest finding knows when; a chain is in order", arguments: LitmusCase.all)
    func times(_ one: LitmusCase) throws {
        for finding in try one.file.check(one.expectation).judgement.findings {
            let what = "\(one.file.place(one.expectation)): \(finding.code.rawValue)"
            #expect((finding.tick != nil) == (finding.verdict == .manifest), "\(what): the time")
            let ticks = finding.chain.compactMap(\.tick)
            #expect(ticks == ticks.sorted(), "\(what): the chain is out of order")
        }
    }

    private static func text(_ pairs: Set<LitmusFile.Pair>) -> String {
        pairs.isEmpty ? "nothing" : pairs.sorted().map(\.description).joined(separator: ", ")
    }
}
