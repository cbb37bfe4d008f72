import Operations
import Quantities

extension WatchList {
    /// Watches the lines that several cores use and one of them stores to.
    ///
    /// Where all cores are coherent these bytes cannot go stale among them; where one is not they can without any device.
    ///
    /// - Parameters:
    ///   - program: The program, with its accesses.
    ///   - map: Which of its addresses mean which physical bytes.
    ///   - lineSize: Bytes of a data line.
    /// - Complexity: O(*n* log *n*) for *n* statements.
    public mutating func insertShared(_ program: Program, _ map: MemoryMap, lineSize: UInt64) {
        let step = max(lineSize, Self.granule)
        /// The lines of each core, by their numbers: those that it stores to, and all.
        var stored: [Agent: [Range<UInt64>]] = [:]
        var used: [Agent: [Range<UInt64>]] = [:]
        func note(_ core: Agent, _ start: UInt64, _ size: UInt64, isStore: Bool) {
            guard core.isCore, size > 0 else { return }
            let mapping = map.mapping(of: start)
            let first = start &- mapping.start &+ mapping.physical
            let lines = first / step..<lastByte(first, size) / step + 1
            used[core, default: []].append(lines)
            if isStore { stored[core, default: []].append(lines) }
        }
        for case .operation(let agent, let operation) in program.statements.lazy.map(\.body) {
            switch operation {
            case .access(let access, _, _):
                note(agent, access.address, UInt64(access.size), isStore: access.kind.isStore)
            case .run(let run):
                note(agent, run.start.address.rawValue, run.extent, isStore: run.kind.isStore)
            case .copy(let copy):
                note(agent, copy.source.address.rawValue, copy.bytes, isStore: false)
                note(agent, copy.destination.address.rawValue, copy.bytes, isStore: true)
            case .maintenance(let operation) where operation.instruction == .dcZVA:
                note(
                    agent, operation.start.address.rawValue, max(operation.bytes, 1), isStore: true)
            default: continue
            }
        }
        var shared: [Range<UInt64>] = []
        for (core, own) in stored {
            let others = used.filter { $0.key != core }.flatMap(\.value)
            shared += Self.common(Self.merged(own), Self.merged(others))
        }
        guard !shared.isEmpty else { return }
        insert(
            Self.merged(shared).map { ($0.lowerBound * step, UInt64($0.count) * step) },
            lineSize: lineSize)
    }

    /// Ranges in order, those that overlap or touch made one.
    private static func merged(_ ranges: [Range<UInt64>]) -> [Range<UInt64>] {
        var result: [Range<UInt64>] = []
        for range in ranges.sorted(by: { $0.lowerBound < $1.lowerBound }) {
            if let last = result.last, range.lowerBound <= last.upperBound {
                result[result.count - 1] =
                    last.lowerBound..<max(last.upperBound, range.upperBound)
            } else {
                result.append(range)
            }
        }
        return result
    }

    /// What two lists of ranges in order have in common.
    private static func common(
        _ first: [Range<UInt64>], _ second: [Range<UInt64>]
    ) -> [Range<UInt64>] {
        var result: [Range<UInt64>] = []
        var (one, other) = (0, 0)
        while one < first.count, other < second.count {
            let both = first[one].clamped(to: second[other])
            if !both.isEmpty { result.append(both) }
            if first[one].upperBound < second[other].upperBound { one += 1 } else { other += 1 }
        }
        return result
    }
}
