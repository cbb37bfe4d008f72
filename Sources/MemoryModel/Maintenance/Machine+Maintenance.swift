import Events
import Operations
import Quantities

// Maintenance by address works on the L1D of every coherent core (the operations are broadcast within the inner
// shareable domain; of non-shareable memory on the issuing core's alone) and, to the Point of Coherency, on an
// integrated second level and on a third level of the cores; an outer cache has operations of its own
// (`Machine+Outer.swift`). A cache indexed by virtual address is searched under the alias of the address given
// alone. By set and way it works on the issuing core's L1D and second level, and a third level of the cores.
// An operation acts when it is issued; a DSB waits for what it sent on, and of one to the Point of Coherency for the
// answer from there. Stores to the line that are still in the
// issuing core's buffer go first: the operation is ordered after them as a load would be.

extension Machine where P: ~Copyable {
    mutating func performMaintenance(_ operation: Maintenance, _ core: Int) {
        if operation.instruction.isOuter {
            performOuter(operation, core)
            return
        }
        switch operation.instruction {
        case .dcCVAC, .dcCIVAC, .dcIVAC, .dcCVAU:
            forEachLine(operation, shift: level1Data.lineShift) { machine, line in
                machine.maintainByAddress(
                    line | machine.mapSynonym &<< CacheBank.synonymShift, operation.instruction,
                    core)
            }
        case .dcZVA: zero(operation, core)
        case .dcCSW, .dcCISW, .dcISW: maintainBySetWay(operation, core)
        case .icIVAU:
            forEachLine(operation, shift: level1Instruction.lineShift) { machine, line in
                machine.invalidateInstructions(line, core)
            }
        case .icIALLU, .icIALLUIS:
            let isLocal = operation.instruction == .icIALLU
            for other in 0..<cores.count where hasLevel1Instruction && (!isLocal || other == core) {
                for entry in level1Instruction.allEntries(other) {
                    removeInstructions(
                        level1Instruction.line(ofEntry: entry), core, isLocal: isLocal)
                }
            }
            spend(core, costs.setWay, on: .maintenance)
        default: preconditionFailure("outer operations were handled above")
        }
        let answered =
            operation.instruction.reachesCoherency
            ? cores[core].now + costs.maintenanceResponse : 0
        maintenanceDone[core] = max(maintenanceDone[core], answered, pathOut, memory.free)
    }

    private mutating func maintainByAddress(
        _ line: UInt64, _ instruction: Maintenance.Instruction, _ core: Int
    ) {
        let address = level1Data.address(ofLine: line)
        let size = UInt64(level1Data.lineSize)
        drainBefore(.maintenance, core, on: .maintenance)
        // A held buffer keeps its stores; the order of stores and maintenance to one line is kept all the same.
        drainOverlapping(address, size, core)
        spend(core, costs.maintenance, on: .maintenance)
        if hasLevel1Data {
            emit(
                .maintenance, at: cores[core].now, agent: .core(core),
                place: level1Place(core, line), address: address, size: size,
                detail: UInt32(instruction.rawValue), record: record)
            for other in 0..<cores.count where other == core || hears(other, core) {
                maintainLevel1(line, instruction, copy: other, by: core)
            }
        }
        guard !hasOuter, instruction != .dcCVAU else { return }
        forEachLevel2 { machine, level in
            guard !machine.hasPrivateLevel2 || level == core || machine.hears(level, core) else {
                return
            }
            machine.maintainLevel2(
                machine.level2.line(of: address), instruction, core, level: level)
        }
        if hasLevel3, !isLevel3MemorySide {
            maintainLevel3(level3.line(of: address), instruction, core)
        }
    }

    /// Whether another core takes part in what one broadcasts about the mapping at work.
    @inline(__always)
    private func hears(_ other: Int, _ core: Int) -> Bool {
        cores[other].isActive && cores[other].isCoherent && cores[core].isCoherent && mapIsShared
    }

    private mutating func maintainLevel1(
        _ line: UInt64, _ instruction: Maintenance.Instruction, copy: Int, by core: Int
    ) {
        let index = level1Data.peek(line, copy)
        guard index >= 0 else { return }
        let address = level1Data.address(ofLine: line)
        let isDirty = level1Data.entries[index] & CacheBank.dirty != 0
        let cleans = cleansLines(instruction)
        if isDirty, cleans {
            cleanLevel1(line, copy, at: cores[core].now, reason: .maintenance)
            spend(core, costs.dirty, on: .maintenance)
        }
        let left = level1Data.peek(line, copy)
        if instruction.invalidates, left >= 0 {
            level1Data.remove(at: left, copy)
            emit(
                .invalidate, at: cores[core].now, agent: .core(core),
                place: level1Place(copy, line), other: isDirty && !cleans ? 1 : 0,
                address: address,
                size: UInt64(level1Data.lineSize), detail: MoveReason.maintenance.rawValue,
                record: record)
        }
    }

    private mutating func drainOverlapping(_ address: UInt64, _ size: UInt64, _ core: Int) {
        while let index = storeBuffers.list(core).firstIndex(where: {
            $0.overlaps(address, size)
        }) {
            drainEntry(core, index, at: max(pathOut, cores[core].now))
        }
        refreshDue()
    }

    private mutating func maintainBySetWay(_ operation: Maintenance, _ core: Int) {
        drainStoreBuffer(core, on: .maintenance)
        if hasLevel1Data, operation.level <= 1 {
            for entry in level1Data.allEntries(core) {
                maintainLevel1(
                    level1Data.line(ofEntry: entry), operation.instruction, copy: core, by: core)
            }
            spend(core, costs.setWay * UInt64(linesOf(configuration.level1Data)), on: .maintenance)
        }
        if hasLevel2, !hasOuter, operation.level == 0 || operation.level == 2 {
            for entry in level2.allEntries(level2Copy(core)) {
                maintainLevel2(
                    level2.line(ofEntry: entry), operation.instruction, core, level: core)
            }
            spend(
                core, costs.setWay * UInt64(linesOf(configuration.level2?.cache)), on: .maintenance)
        }
        if hasLevel3, !isLevel3MemorySide, operation.level == 0 || operation.level == 3 {
            for entry in level3.allEntries(0) {
                maintainLevel3(level3.line(ofEntry: entry), operation.instruction, core)
            }
            spend(
                core, costs.setWay * UInt64(linesOf(configuration.level3?.cache)), on: .maintenance)
        }
    }

    func linesOf(_ cache: CacheConfiguration?) -> Int {
        cache.map { Int($0.sets) * $0.ways } ?? 0
    }

    private mutating func invalidateInstructions(_ line: UInt64, _ core: Int) {
        spend(core, costs.maintenance, on: .maintenance)
        if hasLevel1Instruction { removeInstructions(line, core, isLocal: false) }
    }

    /// Removes a line of instructions from the L1I of a core, or of all.
    private mutating func removeInstructions(_ line: UInt64, _ core: Int, isLocal: Bool) {
        for other in 0..<cores.count where !isLocal || other == core {
            let index = level1Instruction.peek(line, other)
            guard index >= 0 else { continue }
            level1Instruction.remove(at: index, other)
            emit(
                .invalidate, at: cores[core].now, agent: .core(core),
                place: .level1Instruction(other),
                address: level1Instruction.address(ofLine: line),
                size: UInt64(level1Instruction.lineSize),
                detail: MoveReason.maintenance.rawValue, record: record)
        }
    }

    /// `DC ZVA`: stores of whole lines of zeros.
    private mutating func zero(_ operation: Maintenance, _ core: Int) {
        let line = UInt64(level1Data.lineSize)
        forEachLine(operation, shift: level1Data.lineShift) { machine, number in
            let address = number << machine.level1Data.lineShift
            machine.store(address, line, core)
        }
    }

    // MARK: Dinero's records

    /// Performs a copy-back or invalidate record of an extended-din trace.
    mutating func performCacheRecord(_ access: MemoryAccess, _ core: Int) {
        let instruction: Maintenance.Instruction
        if access.size == 0 {
            instruction = access.kind == .copyBack ? .dcCSW : .dcISW
        } else {
            instruction = access.kind == .copyBack ? .dcCVAC : .dcIVAC
        }
        performMaintenance(
            Maintenance(instruction, at: Operand(access.address), bytes: UInt64(access.size)), core)
    }
}
