import Events

@testable import MemoryModel

extension Bench {
    /// The addresses of the lines that each cache holds, ascending.
    var residentLines: [(place: Place, addresses: [UInt64])] {
        var result: [(place: Place, addresses: [UInt64])] = []
        func add(_ place: Place, _ entries: [UInt64], _ shift: UInt64) {
            result.append(
                (place, entries.map { ($0 >> CacheBank.stateBits) << shift }.sorted()))
        }
        for core in 0..<machine.configuration.core.count {
            if machine.hasLevel1Data {
                add(
                    .level1Data(core), machine.level1Data.allEntries(core),
                    machine.level1Data.lineShift)
            }
            if machine.hasLevel1Instruction {
                add(
                    .level1Instruction(core), machine.level1Instruction.allEntries(core),
                    machine.level1Instruction.lineShift)
            }
        }
        if machine.hasLevel2 {
            for core in 0..<(machine.hasPrivateLevel2 ? machine.configuration.core.count : 1) {
                add(
                    machine.level2Place(core), machine.level2.allEntries(core),
                    machine.level2.lineShift)
            }
        }
        return result
    }

    /// The numbers of the entries that a core's store buffer still holds.
    func heldEntries(_ core: Int) -> Set<UInt32> {
        Set(machine.storeBuffers.list(core).map(\.number))
    }

    /// The numbers of the outer store buffer's slots in use.
    var heldSlots: Set<UInt32> { Set(machine.outerSlots.entries.map(\.number)) }
}
