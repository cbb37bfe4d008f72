import DMAMapping
import Experiments
import Hazards
import Operations
import Reports
import Testing

/// The traces of `Traces/dmadebug` raise the checks of dma-debug that their heads name, and no others.
@Suite("Traces for dma-debug")
struct DMADebugTests {
    @Test("The checks of the head, and no others", arguments: DMADebugCase.all)
    func checks(_ one: DMADebugCase) throws {
        let setup = try one.file.setup(one.expectation.machine, one.expectation.kernel)
        var debug = try #require(setup.dmaDebug)
        debug.run(setup.program)
        let found = Set(debug.reports.compactMap(\.check))
        #expect(
            found == one.expectation.checks,
            """
            \(one.file.name):\(one.expectation.line): expected \
            \(one.expectation.checks.sorted().map(\.name)), found \(found.sorted().map(\.name)):
            \(debug.reports.map(\.message).joined(separator: "\n"))
            """)
    }

    @Test(
        "Every head can be read, and every check has a trace that raises it and one that does not")
    func heads() throws {
        let files = try DMADebugFile.all()
        for file in files {
            #expect(file.isRaising != file.isSilent, "\(file.name): raises or silent?")
            #expect(!file.expectations.isEmpty, "\(file.name): no line # dma-debug")
            #expect(file.check != nil, "\(file.name): no check E1 to E24")
        }
        for check in DMADebugCheck.allCases {
            let own = files.filter { $0.check == check }
            #expect(
                own.contains { file in
                    file.isRaising && file.expectations.contains { $0.checks.contains(check) }
                }, "no trace raises \(check.name)")
            #expect(own.contains { $0.isSilent }, "no silent trace of \(check.name)")
            for file in own where file.isSilent {
                #expect(
                    file.expectations.contains { !$0.checks.contains(check) },
                    "\(file.name) is not silent")
            }
            for one in own.flatMap(\.expectations) {
                let kernel = try KernelVersion(parsing: one.kernel)
                for raised in one.checks {
                    #expect(raised.template(kernel) != nil, "\(raised.name) is not in \(kernel)")
                }
            }
        }
    }

    /// What `check` makes of the reports.
    @Test("Each report is a misuse with the kernel's words", arguments: DMADebugCase.all)
    func findings(_ one: DMADebugCase) throws {
        let setup = try one.file.setup(one.expectation.machine, one.expectation.kernel)
        var debug = try #require(setup.dmaDebug)
        debug.run(setup.program)
        let result: CheckResult
        do {
            result = try Check.run(setup)
        } catch {
            // Not every kernel's maintenance is known for every machine; that is said with its line.
            #expect("\(error)".contains(one.file.name))
            return
        }
        let misuse = result.judgement.findings.filter { $0.verdict == .misuse }
        for report in debug.reports {
            guard let check = report.check, report.falseAlarm == nil else {
                #expect(
                    result.remarks.contains { $0.message == report.message },
                    "\(report.message) is not among the remarks")
                continue
            }
            let finding = misuse.first { $0.kernelMessage == report.message && $0.dmaDebug }
            let shown = misuse.contains {
                $0.record == report.record && $0.dmaDebug
                    && ($0.code == check.code || report.isOfCoherentMemory)
            }
            #expect(finding != nil || shown, "\(check.name): \(report.message)")
        }
        let records = Set(debug.reports.filter { $0.falseAlarm == nil }.map(\.record))
        for finding in misuse where finding.dmaDebug {
            #expect(records.contains(finding.record), "\(finding.code) at \(finding.record)")
        }
        let text = CheckReport(result).text(colours: false)
        if debug.reports.isEmpty { #expect(!text.contains("  kernel  "), "\(text)") }
    }
}
