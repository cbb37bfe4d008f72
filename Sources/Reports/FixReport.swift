import Experiments
import Hazards

/// What `staleline fix` prints.
public struct FixReport: Sendable {
    private let result: FixResult

    /// Makes a report.
    public init(_ result: FixResult) { self.result = result }

    private var setup: Setup { result.before.setup }
    private var place: String { "\(setup.machine.name), kernel \(setup.kernel)" }

    // MARK: For people

    /// The report for people: the advice, the patch, what was run again, and what can go.
    public var text: String {
        switch result.outcome {
        case .nothingToMend:
            "\(setup.file): nothing to mend on \(place): `staleline check` finds nothing.\n"
                + redundant
        case .mended: mended
        case .notMended: notMended
        }
    }

    private var mended: String {
        let count = result.steps.count
        return
            "\(setup.file): \(count == 1 ? "one edit mends" : "\(count) edits mend") it on \(place).\n\n"
            + advice + "\n" + result.patch + "\n" + rerun + redundant
    }

    private var notMended: String {
        let left = findings(result.after)
        var out =
            "\(setup.file): no repair was found on \(place).\n\n"
            + Format.wrapped(
                "  tried   ",
                "\(Format.grouped(result.runs)) traces with up to \(result.limits.edits) edits; --edits and --runs "
                    + "move the bounds")
        if result.steps.isEmpty {
            out += Format.wrapped("  left    ", left)
            out += Format.wrapped(
                "  advice  ", "`staleline check` says of each finding what would mend it")
            return out
        }
        out += Format.wrapped("  nearest ", "with the edits below these findings are left: \(left)")
        return out + "\n" + advice
    }

    private var advice: String {
        result.steps.enumerated().map { number, step in
            Format.wrapped(
                "  \(number + 1). ",
                "\(step.advice.capitalisedFirst). [\(step.code.rawValue): "
                    + "\(HazardCatalogue.page(step.code).title)]")
                + (source(step).map { "     source  \($0)\n" } ?? "")
        }.joined()
    }

    /// Where an edit belongs in the source of what was traced: what is added, before or after the place that is named.
    private func source(_ step: FixStep) -> String? {
        guard ![.align, .declare].contains(step.kind) else { return nil }
        let program = setup.program
        let here = program.statements.firstIndex { Int($0.line) == step.line }
        if let here, let place = program.codePlace(of: here + 1) {
            return step.kind == .add ? "before \(place)" : place
        }
        for record in stride(from: here ?? program.statements.count, to: 0, by: -1) {
            if let place = program.codePlace(of: record) { return "after \(place)" }
        }
        return nil
    }

    private var rerun: String {
        var out = "re-run on \(place)\n"
        out += Format.wrapped("  before  ", findings(result.before))
        out += Format.wrapped(
            "  after   ",
            findings(result.after)
                + ": not in this run, not in what else may happen, not by the rules of the DMA API")
        if let proof { out += Format.wrapped("  proof   ", proof) }
        out += Format.wrapped("  cost    ", cost(result.addedCycles))
        out += Format.wrapped(
            "  tried   ",
            "\(Format.grouped(result.runs)) traces; "
                + (result.isSmallest
                    ? "no smaller set of the edits that were considered mends it"
                    : "not all smaller sets were tried, so that there may be one"))
        return out
    }

    /// What a search through all schedules says, in words; nil: there was none.
    private var proof: String? {
        if case .tooLarge = result.evidence {
            return
                "not searched: the trace touches more than \(FixLimits.searchedLines) lines; `staleline prove` goes "
                + "through the schedules of any"
        }
        guard case .search(let search) = result.evidence else { return nil }
        let states = "\(Format.grouped(search.states)) states"
        let left =
            search.left.isEmpty ? "" : "; not searched: \(search.left.joined(separator: "; "))"
        if search.fault != nil {
            return
                "a legal schedule still goes wrong, of which `check` says nothing: `staleline prove` prints it for the "
                + "mended trace" + left
        }
        if search.isProved {
            return
                "proved: no schedule goes wrong (\(Format.grouped(search.groups)) lines and pairs of lines, all "
                + "\(states))" + left
        }
        return
            "no schedule found that goes wrong, but \(search.cut) of \(search.searched + search.tooLarge) searches "
            + "ended at their bound (\(states); `staleline prove --states N`)" + left
    }

    private func cost(_ cycles: Int64) -> String {
        let amount = "\(Format.grouped(abs(cycles))) core cycles"
        if cycles == 0 { return "none: the cores work as long as before in this run" }
        return cycles > 0
            ? "\(amount) more in this run, all cores together, waiting for devices left out"
            : "\(amount) less in this run, all cores together, waiting for devices left out"
    }

    private func findings(_ check: CheckResult) -> String {
        let parts = Verdict.allCases.compactMap { verdict -> String? in
            let own = check.judgement.findings.filter { $0.verdict == verdict }
            guard !own.isEmpty else { return nil }
            let codes = Set(own.map(\.code)).sorted().map(\.rawValue).joined(separator: ", ")
            return "\(own.count) \(verdict.rawValue) (\(codes))"
        }
        return parts.isEmpty ? "nothing found" : parts.joined(separator: ", ")
    }

    private var redundant: String {
        guard !result.redundant.isEmpty else { return "" }
        let isMended = result.outcome == .mended
        var table = TextTable([
            ("line", .right), ("operation", .left), ("core cycles", .right), ("", .left),
        ])
        for operation in result.redundant {
            let instead = operation.instead.isEmpty ? "" : "  →  with \(operation.instead)"
            table.add([
                String(operation.source), operation.words + instead,
                Format.grouped(operation.cycles), operation.canGoToo ? "" : "or one above",
            ])
        }
        let head = Format.wrapped(
            "",
            "Not needed in \(isMended ? "the mended trace" : "the trace") on this machine: nothing is found "
                + "without these either, and the cores save the cycles. Another path through the program may "
                + "need them.")
        return "\n" + head + table.text
    }

    // MARK: For programs

    /// The report as JSON, schema `staleline.fix/1`.
    public var json: JSONValue {
        .object([
            ("schema", .string("staleline.fix/1")), ("machine", .string(setup.machine.name)),
            ("kernel", .string("\(setup.kernel)")), ("file", .string(setup.file)),
            ("outcome", .string(result.outcome.rawValue)),
            (
                "edits",
                .array(
                    result.steps.map { step in
                        .object([
                            ("kind", .string(step.kind.rawValue)),
                            ("code", .string(step.code.rawValue)), ("line", .count(step.line)),
                            ("advice", .string(step.advice)),
                            ("source", .optional(source(step))),
                        ])
                    })
            ),
            ("patch", .string(result.patch)),
            ("before", json(result.before)), ("after", json(result.after)),
            ("addedCycles", .signed(result.addedCycles)), ("runs", .count(result.runs)),
            ("smallest", .bool(result.isSmallest)), ("proof", proofJSON),
            (
                "redundant",
                .array(
                    result.redundant.map { operation in
                        .object([
                            ("line", .count(operation.line)),
                            ("source", .count(operation.source)),
                            ("operation", .string(operation.words)),
                            ("instead", .string(operation.instead)),
                            ("cycles", .signed(operation.cycles)),
                            ("together", .bool(operation.canGoToo)),
                        ])
                    })
            ),
        ])
    }

    /// What `staleline prove` would say of the mended trace; `null` without a search.
    private var proofJSON: JSONValue {
        guard case .search(let search) = result.evidence else { return .null }
        return ProveReport(search, setup: result.after.setup).json
    }

    private func json(_ check: CheckResult) -> JSONValue {
        let report = CheckReport(check)
        return .object([
            ("findings", .array(check.judgement.findings.map { report.json($0) })),
            (
                "counts",
                .object(
                    Verdict.allCases.map { ($0.rawValue, .count(check.judgement.count($0))) })
            ),
        ])
    }
}

extension String {
    /// The text with a capital letter at its start.
    fileprivate var capitalisedFirst: String { prefix(1).uppercased() + dropFirst() }
}
