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
    /// - Complexity: O(*n*) for *n* statements, and for the lines that each touches.
    public mutating func insertShared(_ program: Program, _ map: MemoryMap, lineSize: UInt64) {
        let step = max(lineSize, Self.granule)
        var users: [UInt64: (core: Agent, isShared: Bool, isStored: Bool)] = [:]
        func note(_ core: Agent, _ start: UInt64, _ size: UInt64, isStore: Bool) {
            guard core.isCore, size > 0, size <= Self.wholeLimit else { return }
            let mapping = map.mapping(of: start)
            let first = start &- mapping.start &+ mapping.physical
            for line in first / step...lastByte(first, size) / step {
                var use = users[line] ?? (core, false, false)
                use.isShared = use.isShared || use.core != core
                use.isStored = use.isStored || isStore
                users[line] = use
            }
        }
        for case .operation(let agent, let operation) in program.statements.lazy.map(\.body) {
            switch operation {
            case .access(let access, _, _):
                note(agent, access.address, UInt64(access.size), isStore: access.kind.isStore)
            case .run(let run):
                note(agent, run.start.address.rawValue, run.bytes, isStore: run.kind.isStore)
            case .copy(let copy):
                note(agent, copy.source.address.rawValue, copy.bytes, isStore: false)
                note(agent, copy.destination.address.rawValue, copy.bytes, isStore: true)
            default: continue
            }
        }
        let shared = users.filter { $0.value.isShared && $0.value.isStored }.keys.sorted()
        guard !shared.isEmpty else { return }
        insert(shared.map { ($0 * step, step) }, lineSize: lineSize)
    }
}
