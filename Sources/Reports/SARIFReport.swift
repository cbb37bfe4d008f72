import Experiments
import Hazards
import Operations

/// What was found of a trace as SARIF 2.1.0, for tools that show results beside code.
///
/// A result lies where the source line of its statement is, if the trace gives one (`@src=`, or `@pc=` and an ELF
/// file), else in the trace; the chain is a code flow. Manifest hazards and broken rules are errors, latent hazards warnings.
/// (OASIS Static Analysis Results Interchange Format 2.1.0, sections 3.14 to 3.36)
public struct SARIFReport: Sendable {
    private let result: CheckResult
    private let version: String

    /// Makes a report; `version` is the program's.
    public init(_ result: CheckResult, version: String) {
        self.result = result
        self.version = version
    }

    /// The log, with one run.
    public var json: JSONValue {
        let findings = result.judgement.findings
        let codes = Set(findings.map(\.code)).sorted()
        return .object([
            ("$schema", .string("https://json.schemastore.org/sarif-2.1.0.json")),
            ("version", .string("2.1.0")),
            (
                "runs",
                .array([
                    .object([
                        (
                            "tool",
                            .object([
                                (
                                    "driver",
                                    .object([
                                        ("name", .string("staleline")),
                                        ("version", .string(version)),
                                        ("rules", .array(codes.map(rule))),
                                    ])
                                )
                            ])
                        ),
                        (
                            "properties",
                            .object([
                                ("machine", .string(result.setup.machine.name)),
                                ("kernel", .string("\(result.setup.kernel)")),
                            ])
                        ),
                        (
                            "results",
                            .array(findings.map { json($0, rule: codes.firstIndex(of: $0.code)) })
                        ),
                    ])
                ])
            ),
        ])
    }

    private func rule(_ code: HazardCode) -> JSONValue {
        let page = HazardCatalogue.page(code)
        return .object([
            ("id", .string(code.rawValue)),
            ("shortDescription", text(page.title)),
            ("fullDescription", text(page.summary)),
            ("help", text(page.explanation + "\n\nMend: " + page.mend)),
        ])
    }

    private func json(_ finding: Finding, rule: Int?) -> JSONValue {
        let profile = result.setup.hazardProfile
        let level = finding.verdict == .latent ? "warning" : "error"
        let symbol = profile.symbol(of: finding.address) ?? Format.hex(finding.address)
        return .object([
            ("ruleId", .string(finding.code.rawValue)),
            ("ruleIndex", .count(rule ?? 0)),
            ("level", .string(level)),
            (
                "message",
                text(
                    "\(finding.verdict.rawValue) \(finding.code.rawValue), \(finding.bytes) bytes at \(symbol): "
                        + [finding.detail, finding.cause, "Mend: \(finding.mend)"]
                        .filter { !$0.isEmpty }.joined(separator: ". "))
            ),
            ("locations", .array([location(finding.record)])),
            (
                "codeFlows",
                .array([
                    .object([
                        (
                            "threadFlows",
                            .array([
                                .object([
                                    ("locations", .array(finding.chain.map(step)))
                                ])
                            ])
                        )
                    ])
                ])
            ),
            (
                // The same hazard of the same buffer at the same statement is the same result in another run.
                "partialFingerprints",
                .object([
                    (
                        "hazard/v1",
                        .string(
                            "\(finding.code.rawValue):\(finding.verdict.rawValue):"
                                + "\(symbol.prefix { $0 != "+" }):\(line(finding.record))")
                    )
                ])
            ),
            (
                "properties",
                .object([
                    ("verdict", .string(finding.verdict.rawValue)),
                    ("agent", .string(profile.name(of: finding.agent))),
                    ("dmaDebug", .bool(finding.dmaDebug)), ("count", .count(finding.count)),
                ])
            ),
        ])
    }

    private func step(_ link: ChainLink) -> JSONValue {
        .object([
            (
                "location",
                .object([
                    ("physicalLocation", physicalLocation(link.record)),
                    ("message", text(link.text)),
                ])
            )
        ])
    }

    private func location(_ record: Int) -> JSONValue {
        .object([("physicalLocation", physicalLocation(record))])
    }

    /// Where a statement's source is, or the statement itself.
    private func physicalLocation(_ record: Int) -> JSONValue {
        let source = statement(record).flatMap { statement in
            statement.annotation >= 0
                ? result.setup.program.annotations[Int(statement.annotation)].source : nil
        }
        return .object([
            (
                "artifactLocation",
                .object([("uri", .string(uri(source?.file ?? result.setup.file)))])
            ),
            ("region", .object([("startLine", .count(max(source?.line ?? line(record), 1)))])),
        ])
    }

    /// A path as a relative reference: what a URI cannot have is written in percent.
    private func uri(_ path: String) -> String {
        var out = ""
        for byte in path.utf8 {
            let isPlain =
                (0x30...0x39).contains(byte) || (0x41...0x5A).contains(byte)
                || (0x61...0x7A).contains(byte) || "-._~/+".utf8.contains(byte)
            if isPlain {
                out.unicodeScalars.append(Unicode.Scalar(byte))
            } else {
                let digits = String(byte, radix: 16, uppercase: true)
                out += "%" + (digits.utf8.count == 1 ? "0" : "") + digits
            }
        }
        return out
    }

    private func statement(_ record: Int) -> Statement? {
        let statements = result.setup.program.statements
        return record >= 1 && record <= statements.count ? statements[record - 1] : nil
    }

    private func line(_ record: Int) -> Int { statement(record).map { Int($0.line) } ?? 0 }

    private func text(_ words: String) -> JSONValue { .object([("text", .string(words))]) }
}
