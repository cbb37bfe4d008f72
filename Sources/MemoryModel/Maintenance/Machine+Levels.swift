import Events
import Operations
import Quantities

// What one maintenance operation does to one line of the second and the third level. An integrated second level is
// reached by the cores' own operations, every core's where each has one; an outer one by its controller's. A third
// level is reached unless it stands on memory's side, beyond the Point of Coherency.

extension Machine where P: ~Copyable {
    /// Cleans or invalidates one line of the second level; `level` is the core whose own it is, where each has one.
    mutating func maintainLevel2(
        _ line: UInt64, _ instruction: Maintenance.Instruction, _ core: Int, level: Int = 0
    ) {
        guard hasLevel2 else { return }
        let address = level2.address(ofLine: line)
        emit(
            .maintenance, at: cores[core].now, agent: .core(core), place: level2Place(level),
            address: address, size: UInt64(level2.lineSize), detail: UInt32(instruction.rawValue),
            record: record)
        let index = level2.peek(line, level2Copy(level))
        guard index >= 0 else { return }
        let wasDirty = level2.entries[index] & CacheBank.dirty != 0
        let cleans = cleansLines(instruction)
        if wasDirty, cleans {
            writeBackFromLevel2(
                level2.entries[index], hasPrivateLevel2 ? level : core, at: cores[core].now,
                reason: .maintenance)
            level2.entries[index] &= ~CacheBank.dirty
            spend(core, costs.dirty, on: .maintenance)
            throttleWrites(core)
        }
        let isLeft =
            instruction == .outerCleanAndInvalidate && !wasDirty
            && configuration.level2?.outer?.erratum588369 == true
        if instruction.invalidates, !isLeft {
            level2.remove(at: index)
            emit(
                .invalidate, at: cores[core].now, agent: .core(core), place: level2Place(level),
                other: wasDirty && !cleans ? 1 : 0, address: address,
                size: UInt64(level2.lineSize), detail: MoveReason.maintenance.rawValue,
                record: record)
        }
    }

    /// Cleans or invalidates one line of a third level that belongs to the cores.
    mutating func maintainLevel3(
        _ line: UInt64, _ instruction: Maintenance.Instruction, _ core: Int
    ) {
        let address = level3.address(ofLine: line)
        emit(
            .maintenance, at: cores[core].now, agent: .core(core), place: .level3,
            address: address, size: UInt64(level3.lineSize), detail: UInt32(instruction.rawValue),
            record: record)
        let index = level3.peek(line, 0)
        guard index >= 0 else { return }
        let wasDirty = level3.entries[index] & CacheBank.dirty != 0
        let cleans = cleansLines(instruction)
        if wasDirty, cleans {
            writeBackFromLevel3(
                level3.entries[index], .core(core), at: cores[core].now, reason: .maintenance)
            level3.entries[index] &= ~CacheBank.dirty
            spend(core, costs.dirty, on: .maintenance)
            throttleWrites(core)
        }
        if instruction.invalidates {
            level3.remove(at: index)
            emit(
                .invalidate, at: cores[core].now, agent: .core(core), place: .level3,
                other: wasDirty && !cleans ? 1 : 0, address: address,
                size: UInt64(level3.lineSize), detail: MoveReason.maintenance.rawValue,
                record: record)
        }
    }

    /// Whether an instruction cleans here: many ARMv8 cores clean what `DC IVAC` invalidates.
    @inline(__always)
    func cleansLines(_ instruction: Maintenance.Instruction) -> Bool {
        instruction.cleans || instruction == .dcIVAC && configuration.core.invalidateCleans
    }

    /// Calls `body` for each second level: that of each active core, or the shared one.
    mutating func forEachLevel2(_ body: (inout Self, Int) -> Void) {
        guard hasPrivateLevel2 else { return body(&self, 0) }
        for core in 0..<cores.count where cores[core].isActive { body(&self, core) }
    }
}
