import Experiments
import Hazards
import Operations

extension KernelLogReport {
    /// The report as JSON, schema `staleline.check/1` with a member `log`.
    public var json: JSONValue {
        let found = result.findings.reduce(0) { $0 + $1.count }
        return .object([
            ("schema", .string("staleline.check/1")),
            ("machine", .string(result.machine.name)), ("kernel", .string("\(result.kernel)")),
            ("file", .string(result.file)),
            ("findings", .array(result.findings.map(json))),
            (
                "counts",
                .object([
                    ("manifest", .count(0)), ("latent", .count(0)), ("misuse", .count(found)),
                ])
            ),
            ("log", log),
        ])
    }

    private func json(_ finding: LogFinding) -> JSONValue {
        let page = HazardCatalogue.page(finding.rule.code)
        var chain: [JSONValue] = []
        if finding.otherLine > 0 {
            chain.append(
                .object([
                    ("record", .count(finding.otherLine)), ("line", .count(finding.otherLine)),
                    ("timeNs", .null), ("text", .string("what it does not agree with")),
                ]))
        }
        return .object([
            ("code", .string(finding.rule.code.rawValue)),
            ("verdict", .string(Verdict.misuse.rawValue)),
            ("title", .string(finding.rule.rawValue)),
            ("record", .count(finding.line)), ("line", .count(finding.line)), ("timeNs", .null),
            ("agent", .string(result.devices[finding.device].name)),
            ("address", .string(Format.hex(finding.address))), ("bytes", .integer(finding.bytes)),
            ("symbol", .null),
            (
                "source",
                .optional(finding.function < 0 ? nil : result.functions[Int(finding.function)])
            ),
            ("detail", .string(finding.detail)), ("cause", .string(page.summary)),
            ("mend", .string(page.mend)), ("mendCycles", .null), ("chain", .array(chain)),
            ("dmaDebug", .bool(finding.dmaDebug)),
            ("dmaDebugMessage", .optional(finding.kernelMessage)),
            ("count", .integer(finding.count)),
        ])
    }

    /// What the log has, beside findings.
    var log: JSONValue {
        .object([
            ("lines", .integer(result.lines)), ("events", .integer(result.events)),
            (
                "kinds",
                .object(result.kinds.map { ($0.kind, .integer($0.count)) })
            ),
            ("kernelIsAssumed", .bool(result.kernelIsAssumed)),
            ("spanNs", result.span.map(JSONValue.integer) ?? .null),
            ("losses", .integer(result.losses)), ("lostEvents", .integer(result.lostEvents)),
            ("cutLists", .integer(result.cutLists)), ("cutEntries", .integer(result.cutEntries)),
            (
                "unknownWords",
                .object(result.unknownWords.map { ($0.word, .integer($0.count)) })
            ),
            ("callCycles", .integer(result.callCycles)),
            ("dirtyLineCycles", .number(result.dirtyLineCycles)),
            ("total", json(result.total)), ("devices", .array(result.devices.map(json))),
            (
                "sites",
                .array(
                    result.sites.map { site in
                        .object([
                            ("function", .string(site.function)),
                            ("device", .string(result.devices[site.device].name)),
                            ("costs", json(site.costs)),
                        ])
                    })
            ),
            ("live", .array(result.live.map(json))),
        ])
    }

    private func json(_ device: LogDevice) -> JSONValue {
        var costs: [JSONValue] = []
        for direction in [DMADirection.toDevice, .fromDevice, .bidirectional] {
            for half in LogDevice.Half.allCases where device.costs(direction, half).calls > 0 {
                costs.append(
                    .object([
                        ("direction", .string(direction.name)), ("calls", .string(half.name)),
                        ("costs", json(device.costs(direction, half))),
                    ]))
            }
        }
        return .object([
            ("name", .string(device.name)), ("coherent", .bool(device.isCoherent)),
            ("made", .integer(device.made)), ("released", .integer(device.released)),
            ("syncs", .integer(device.syncs)), ("failed", .integer(device.failed)),
            ("unmatched", .integer(device.unmatched)), ("live", .integer(device.live)),
            ("peak", .integer(device.peak)), ("bounces", .integer(device.bounces)),
            ("bouncedBytes", .integer(device.bouncedBytes)), ("costs", .array(costs)),
        ])
    }

    private func json(_ costs: LogCosts) -> JSONValue {
        let counts = costs.maintenance
        return .object([
            ("calls", .integer(costs.calls)), ("ranges", .integer(costs.ranges)),
            ("bytes", .integer(costs.bytes)), ("skipped", .integer(costs.skipped)),
            ("unpriced", .integer(costs.unpriced)), ("cleanLines", .integer(counts.cleans)),
            ("invalidateLines", .integer(counts.invalidates)),
            ("cleanInvalidateLines", .integer(counts.cleanInvalidates)),
            ("outerLines", .integer(counts.outer)), ("outerSyncs", .integer(counts.outerSyncs)),
            ("barriers", .integer(counts.barriers)), ("cycles", .integer(counts.cycles)),
            ("dirtyCycles", .integer(result.dirtyCycles(counts))),
            ("ns", .number(result.nanoseconds(counts.cycles))),
        ])
    }

    private func json(_ group: LiveGroup) -> JSONValue {
        .object([
            ("device", .string(result.devices[group.device].name)), ("made", .string(group.made)),
            ("direction", .string(group.direction.name)), ("count", .integer(group.count)),
            ("bytes", .integer(group.bytes)), ("line", .integer(group.line)),
            ("function", .optional(group.function)),
        ])
    }
}
