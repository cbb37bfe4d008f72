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
        maintain(line, instruction, core, in: level2Place(level), level2Copy(level))
    }

    /// Cleans or invalidates one line of a third level that belongs to the cores.
    mutating func maintainLevel3(
        _ line: UInt64, _ instruction: Maintenance.Instruction, _ core: Int
    ) {
        maintain(line, instruction, core, in: .level3, 0)
    }

    /// Cleans or invalidates one line of copy `copy` of the second or the third level, whose place is `place`.
    private mutating func maintain(
        _ line: UInt64, _ instruction: Maintenance.Instruction, _ core: Int, in place: Place,
        _ copy: Int
    ) {
        let isThird = place == .level3
        let address = isThird ? level3.address(ofLine: line) : level2.address(ofLine: line)
        let size = UInt64(isThird ? level3.lineSize : level2.lineSize)
        emit(
            .maintenance, at: cores[core].now, agent: .core(core), place: place,
            address: address, size: size, detail: UInt32(instruction.rawValue), record: record)
        let index = isThird ? level3.peek(line, copy) : level2.peek(line, copy)
        guard index >= 0 else { return }
        let entry = isThird ? level3.entries[index] : level2.entries[index]
        let wasDirty = entry & CacheBank.dirty != 0
        let cleans = cleansLines(instruction)
        if wasDirty, cleans {
            cleanForMaintenance(entry, index, core, copy, isThird: isThird)
        }
        guard instruction.invalidates, !stays(instruction, wasDirty: wasDirty) else { return }
        if isThird { level3.remove(at: index, 0) } else { level2.remove(at: index, copy) }
        emit(
            .invalidate, at: cores[core].now, agent: .core(core), place: place,
            other: wasDirty && !cleans ? 1 : 0, address: address, size: size,
            detail: MoveReason.maintenance.rawValue, record: record)
    }

    /// Writes a dirty line of the second or the third level on; it stays, clean.
    private mutating func cleanForMaintenance(
        _ entry: UInt64, _ index: Int, _ core: Int, _ copy: Int, isThird: Bool
    ) {
        let now = cores[core].now
        if isThird {
            writeBackFromLevel3(entry, .core(core), at: now, reason: .maintenance)
            level3.entries[index] &= ~CacheBank.dirty
        } else {
            writeBackFromLevel2(
                entry, hasPrivateLevel2 ? copy : core, at: now, reason: .maintenance)
            level2.entries[index] &= ~CacheBank.dirty
        }
        spend(core, costs.dirty, on: .maintenance)
        throttleWrites(core)
    }

    /// Whether a line stays though an instruction invalidates: PL310 errata 588369 and, until later, 727915.
    @inline(__always)
    private func stays(_ instruction: Maintenance.Instruction, wasDirty: Bool) -> Bool {
        switch instruction {
        case .outerCleanAndInvalidate: !wasDirty && rules.outer.erratum588369
        case .outerCleanAndInvalidateWays: rules.outer.erratum727915
        default: false
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
