import Experiments
import Hazards

/// What a search through all schedules found.
public struct ProveReport: Sendable {
    private let result: ProofResult
    private let setup: Setup

    /// Makes a report.
    public init(_ result: ProofResult, setup: Setup) {
        self.result = result
        self.setup = setup
    }

    private func line(_ record: Int) -> Int { setup.line(record) }

    private var profile: HazardProfile { setup.hazardProfile }

    /// The report for people.
    public var text: String {
        var out = ""
        if let fault = result.fault {
            let place = profile.symbol(of: fault.address).map {
                "\($0) (\(Format.hex(fault.address)))"
            }
            out +=
                "\(setup.file):\(line(Int(fault.record))): \(title(fault)): \(profile.name(of: fault.agent)), "
                + "\(fault.bytes) bytes at \(place ?? Format.hex(fault.address))\n"
            if let source = setup.source(Int(fault.record)) { out += "  source    \(source)\n" }
            for (index, link) in result.schedule.enumerated() {
                let head = index == 0 ? "  schedule  " : "            "
                let previous = index == 0 ? nil : result.schedule[index - 1]
                out += Format.wrapped(head, setup.step(link, after: previous), width: 110)
            }
            out += "\n"
        }
        return out + closing
    }

    private func title(_ fault: ProofFault) -> String {
        switch fault.kind {
        case .staleRead: "old bytes are read"
        case .overwritten: "old bytes go over young ones"
        case .dropped: "stored bytes are dropped"
        }
    }

    private var closing: String {
        let machine = "\(setup.machine.name), kernel \(setup.kernel)"
        var out = ""
        if result.fault != nil {
            out +=
                "\(setup.file): a legal schedule goes wrong on \(machine); this is the shortest of "
                + "\(Format.grouped(UInt64(result.states))) states.\n"
        } else if result.isProved {
            out +=
                "\(setup.file): proved: no schedule goes wrong on \(machine) (\(Format.grouped(UInt64(result.groups))) lines and pairs "
                + "of lines, \(result.searched) of them different; \(Format.grouped(UInt64(result.states))) states, all of them).\n"
        } else {
            out +=
                "\(setup.file): not proved: no schedule found that goes wrong on \(machine), but \(result.cut) of "
                + "\(result.searched + result.tooLarge) searches ended at their bound of \(Format.grouped(UInt64(result.bounds.states))) "
                + "states (`--states N`).\n"
        }
        if !result.left.isEmpty {
            out += "Not searched: \(result.left.joined(separator: "; ")).\n"
        }
        return out
    }

    /// The report as JSON, schema `staleline.prove/1`.
    public var json: JSONValue {
        .object([
            ("schema", .string("staleline.prove/1")), ("machine", .string(setup.machine.name)),
            ("kernel", .string(setup.kernel.description)),
            ("proved", .bool(result.isProved)),
            ("fault", result.fault.map(json) ?? .null),
            (
                "schedule",
                .array(
                    result.schedule.map {
                        .object([
                            ("record", .count($0.record)), ("line", .count(line($0.record))),
                            ("source", .optional(setup.source($0.record))),
                            ("text", .string(setup.inLines($0.text))),
                        ])
                    })
            ),
            ("pins", .array(result.pins.text.split(separator: "\n").map { .string(String($0)) })),
            ("groups", .count(result.groups)), ("searched", .count(result.searched)),
            ("states", .count(result.states)), ("cut", .count(result.cut)),
            ("bound", .count(result.bounds.states)),
            ("notSearched", .array(result.left.map { .string($0) })),
        ])
    }

    private func json(_ fault: ProofFault) -> JSONValue {
        .object([
            ("kind", .string(title(fault))), ("record", .count(Int(fault.record))),
            ("line", .count(line(Int(fault.record)))),
            ("agent", .string(profile.name(of: fault.agent))),
            ("address", .string(Format.hex(fault.address))),
            ("bytes", .integer(fault.bytes)),
            ("symbol", .optional(profile.symbol(of: fault.address))),
            ("source", .optional(setup.source(Int(fault.record)))),
            ("writer", .string(profile.name(of: fault.writer))),
            ("writeRecord", .count(Int(fault.writeRecord))),
        ])
    }
}
