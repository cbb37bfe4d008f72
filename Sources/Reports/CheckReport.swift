import Experiments
import Hazards
import Quantities

/// What was found of a trace, compiler style, and as JSON.
public struct CheckReport: Sendable {
    private let result: CheckResult
    private let profile: HazardProfile

    /// Makes a report.
    public init(_ result: CheckResult) {
        self.result = result
        profile = result.setup.hazardProfile
    }

    private var judgement: Judgement { result.judgement }

    /// The report as JSON, schema `staleline.check/1`.
    public var json: JSONValue {
        .object([
            ("schema", .string("staleline.check/1")),
            ("machine", .string(result.setup.machine.name)),
            ("kernel", .string("\(result.setup.kernel)")), ("file", .string(result.setup.file)),
            ("findings", .array(judgement.findings.map { json($0) })),
            (
                "counts",
                .object(Verdict.allCases.map { ($0.rawValue, .count(judgement.count($0))) })
            ),
            (
                "dmaDebugRemarks",
                .array(
                    result.remarks.map { remark in
                        .object([
                            ("record", .count(remark.record)),
                            ("line", .count(line(remark.record))),
                            ("message", .string(remark.message)),
                            ("reason", .string(remark.reason)),
                        ])
                    })
            ),
        ])
    }

    /// One finding as JSON.
    public func json(_ finding: Finding) -> JSONValue {
        .object([
            ("code", .string(finding.code.rawValue)),
            ("verdict", .string(finding.verdict.rawValue)),
            ("title", .string(HazardCatalogue.page(finding.code).title)),
            ("record", .count(finding.record)), ("line", .count(line(finding.record))),
            ("timeNs", finding.tick.map { .number($0.nanoseconds) } ?? .null),
            ("agent", .string(profile.name(of: finding.agent))),
            ("address", .string(Format.hex(finding.address))), ("bytes", .integer(finding.bytes)),
            ("symbol", .optional(profile.symbol(of: finding.address))),
            ("source", .optional(source(finding.record))), ("detail", .string(finding.detail)),
            ("cause", .string(finding.cause)), ("mend", .string(finding.mend)),
            ("mendCycles", finding.mendCycles.map(JSONValue.integer) ?? .null),
            (
                "chain",
                .array(
                    finding.chain.map { link in
                        .object([
                            ("record", .count(link.record)), ("line", .count(line(link.record))),
                            ("source", .optional(source(link.record))),
                            ("timeNs", link.tick.map { .number($0.nanoseconds) } ?? .null),
                            ("text", .string(link.text)),
                        ])
                    })
            ),
            ("dmaDebug", .bool(finding.dmaDebug)),
            ("dmaDebugMessage", .optional(finding.kernelMessage)), ("count", .count(finding.count)),
        ])
    }

    private func line(_ record: Int) -> Int { result.setup.line(record) }

    private func source(_ record: Int) -> String? { result.setup.source(record) }

    /// The report for people; `colours` for a terminal that shows them.
    public func text(colours: Bool) -> String {
        var out = ""
        for finding in judgement.findings { out += text(finding, colours) + "\n" }
        for remark in result.remarks { out += text(remark) + "\n" }
        return out + closing
    }

    /// The sentence that says the verdict.
    public var closing: String {
        let machine = "\(result.setup.machine.name), kernel \(result.setup.kernel)"
        guard !judgement.findings.isEmpty else {
            return
                "\(result.setup.file): nothing found: no stale or lost bytes in this replay, none that another "
                + "legal order of events could give, and no broken rule of the DMA API (\(machine); "
                + "\(Format.grouped(result.replay.records)) statements, \(Format.grouped(result.watchedBytes)) "
                + "bytes watched; codes judged: `staleline explain`).\n"
        }
        let parts = Verdict.allCases.filter { judgement.count($0) > 0 }
            .map { "\(judgement.count($0)) \($0.rawValue)" }
        return "\(result.setup.file): \(parts.joined(separator: ", ")) on \(machine).\n"
    }

    private func text(_ finding: Finding, _ colours: Bool) -> String {
        func paint(_ text: String, _ code: String) -> String {
            colours ? "\u{1B}[\(code)m\(text)\u{1B}[0m" : text
        }
        let place = "\(result.setup.file):\(line(finding.record))"
        let colour =
            finding.verdict == .manifest ? "1;31" : finding.verdict == .latent ? "1;33" : "1;35"
        var out =
            "\(place): " + paint("\(finding.verdict.rawValue) \(finding.code.rawValue)", colour)
            + ": "
            + paint(HazardCatalogue.page(finding.code).title, "1")
            + (profile.symbol(of: finding.address).map { " (\($0))" } ?? "") + "\n"
        let when = finding.tick.map { " at \(Format.time(nanoseconds: $0.nanoseconds))" } ?? ""
        let name = profile.symbol(of: finding.address).map {
            "\($0) (\(Format.hex(finding.address)))"
        }
        let count = finding.count > 1 ? ", and \(finding.count - 1) more like it" : ""
        out +=
            "  where   line \(line(finding.record))\(when), \(profile.name(of: finding.agent)), "
            + "\(finding.bytes) bytes at \(name ?? Format.hex(finding.address))\(count)\n"
        if let source = source(finding.record) { out += "  source  \(source)\n" }
        if !finding.detail.isEmpty { out += wrap("  what    ", inLines(finding.detail)) }
        for (index, link) in finding.chain.enumerated() {
            let head = index == 0 ? "  chain   " : "          "
            let previous = index == 0 ? nil : finding.chain[index - 1]
            out += wrap(head, result.setup.step(link, after: previous))
        }
        out += wrap("  cause   ", inLines(finding.cause))
        let cost = finding.mendCycles.map { " (about \(Format.grouped($0)) core cycles)" } ?? ""
        out += wrap("  mend    ", inLines(finding.mend) + cost)
        if let message = finding.kernelMessage { out += wrap("  kernel  ", message) }
        out += wrap(
            "  others  ",
            dmaDebug(finding) + "; affects: "
                + HazardCatalogue.page(finding.code).affects)
        return out
    }

    /// Whether the kernel's own check sees a finding.
    private func dmaDebug(_ finding: Finding) -> String {
        guard profile.usesLinux else { return "there is no dma-debug on bare metal" }
        return finding.dmaDebug ? "dma-debug would report it" : "dma-debug would not see it"
    }

    private func text(_ remark: KernelRemark) -> String {
        "\(result.setup.file):\(line(remark.record)): dma-debug alone\n"
            + wrap("  kernel  ", remark.message) + wrap("  why     ", remark.reason)
    }

    private func inLines(_ text: String) -> String { result.setup.inLines(text) }

    private func wrap(_ head: String, _ text: String) -> String { Format.wrapped(head, text) }
}
