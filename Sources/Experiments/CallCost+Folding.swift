import Operations
import Quantities

/// A lowered operation with what core 0 spends on it.
struct TimedOperation {
    var operation: Operation
    /// How many lines it goes through, if it goes through lines.
    var lines: UInt64?
    var time: Ticks

    /// What operations of one step of a loop over lines have in common from round to round; nil: it is not of one.
    fileprivate var kind: Operation? {
        switch operation {
        case .barrier: operation
        case .maintenance(let maintenance) where lines ?? 1 == 1:
            .maintenance(Maintenance(maintenance.instruction, level: maintenance.level))
        default: nil
        }
    }

    fileprivate var address: UInt64? {
        guard case .maintenance(let maintenance) = operation,
            maintenance.instruction.isByAddress
        else { return nil }
        return maintenance.start.address.rawValue
    }
}

extension CallCost {
    /// How many rounds a loop has at least whose operations are told together.
    private static let fewestRounds = 3
    /// The most operations of a round.
    private static let longestRound = 6

    /// The operations as parts, those of a loop that goes line by line as one part for each operation of a round.
    static func folded(_ operations: [TimedOperation]) -> [Part] {
        var parts: [Part] = []
        var place = 0
        while place < operations.count {
            var (length, rounds) = loop(in: operations, at: place)
            // A round that starts one later may be the better one: what stands here is of the step before.
            if length > 1 {
                let next = loop(in: operations, at: place + 1)
                if next.length == length, next.rounds >= rounds { (length, rounds) = (1, 1) }
            }
            for offset in 0..<length {
                let all = stride(from: place + offset, to: place + length * rounds, by: length)
                    .map { operations[$0] }
                parts.append(part(all))
            }
            place += length * rounds
        }
        return parts
    }

    /// The shortest round that is repeated from a place on, and how often; a single operation if there is none.
    private static func loop(
        in operations: [TimedOperation], at place: Int
    ) -> (length: Int, rounds: Int) {
        for length in 1...longestRound {
            var end = place + length
            while end < operations.count, let kind = operations[end].kind,
                kind == operations[end - length].kind
            { end += 1 }
            let rounds = (end - place) / length
            let hasLines = operations[place..<min(place + length, operations.count)]
                .contains { $0.address != nil }
            if rounds >= fewestRounds, hasLines { return (length, rounds) }
        }
        return (1, 1)
    }

    private static func part(_ operations: [TimedOperation]) -> Part {
        let time = operations.reduce(Ticks.zero) { $0 + $1.time }
        guard operations.count > 1, let last = operations.last else {
            let only = operations[0]
            return Part(text: words(only.operation), lines: only.lines, time: time)
        }
        var first = operations[0].operation
        if case .maintenance(var maintenance) = first {
            maintenance.bytes = 0
            first = .maintenance(maintenance)
        }
        var text = words(first)
        text += last.address.map { " to 0x\(String($0, radix: 16))" } ?? ""
        text += ", \(operations.count) times"
        return Part(
            text: text,
            lines: operations[0].lines.map { _ in
                operations.reduce(0) { $0 + ($1.lines ?? 0) }
            }, time: time)
    }
}

extension CallCost.Question {
    /// The call of a bare-metal library that is asked about; nil: it is another name.
    var vendorCall: VendorCall? {
        guard let function = VendorCall.Function(rawValue: name) else { return nil }
        var call = VendorCall(function, version: version)
        if function.operands != .none { call.start = Operand(CallScene.page + offset) }
        if function.operands == .range { call.bytes = size }
        return call
    }
}
