import Events
import MemoryModel
import Operations
import Quantities

// Section 11: barriers and the maintenance of the cores' own caches.

extension ReferenceMachine {
    mutating func perform(_ barrier: Barrier, _ core: Int) {
        issue(core)
        let isBarrier = barrier.instruction != .isb
        let isForItself = barrier.domain == .nonShareable
        let leavesStores = isForItself && (barrier.instruction == .dmb || cores[core].isHeld)
        if barrier.ordersStores, !leavesStores {
            cores[core].isHeld = false
            drainBuffer(core, .barrier)
        }
        if isBarrier, barrier.accesses != .stores {
            waitForLoads(core, .barrier)
            cores[core].late = []
        }
        let completes =
            barrier.accesses == .all
            || barrier.accesses == .stores && configuration.architecture != .arm64
        if barrier.instruction == .dsb, completes {
            wait(core, until: cores[core].maintenanceDone, .barrier)
        }
        let cycles =
            switch barrier.instruction {
            case .dmb: configuration.costs.dmbCycles
            case .dsb: configuration.costs.dsbCycles
            case .isb: configuration.costs.isbCycles
            }
        spend(core, ticks(cycles), .barrier)
        tell(
            .barrier, at: cores[core].now, .core(core), .memory,
            detail: UInt32(barrier.instruction.rawValue) | UInt32(barrier.domain.rawValue) << 2
                | UInt32(barrier.accesses.rawValue) << 4)
    }

    mutating func perform(_ operation: Maintenance, _ core: Int) {
        issue(core)
        maintain(operation, core)
    }

    /// Does what has been issued.
    mutating func maintain(_ operation: Maintenance, _ core: Int) {
        let start = operation.start.address.rawValue
        let bytes = max(operation.bytes, 1)
        switch operation.instruction {
        case .dcCVAC, .dcCIVAC, .dcIVAC, .dcCVAU:
            if drains(.maintenance), !cores[core].buffer.isEmpty, !cores[core].isHeld {
                drainBuffer(core, .maintenance)
            }
            for line in linesOf(start, bytes, dataLine) {
                maintainData(line, operation.instruction, core)
            }
        case .dcZVA:
            for line in linesOf(start, bytes, dataLine) { storeZeros(line, dataLine, core) }
        case .dcCSW, .dcCISW, .dcISW: maintainSets(operation, core)
        case .icIVAU:
            let size = configuration.level1Instruction.map { UInt64($0.lineSize) } ?? dataLine
            for line in linesOf(start, bytes, size) { invalidateInstructions(line, size, core) }
        case .icIALLU, .icIALLUIS:
            for other in level1Instruction.indices
            where operation.instruction == .icIALLUIS || other == core {
                for line in level1Instruction[other].all {
                    removeInstructions(
                        line.address, core, from: operation.instruction == .icIALLU ? core : nil)
                }
            }
            spend(core, ticks(configuration.costs.setWayCycles), .maintenance)
        case .outerClean, .outerInvalidate, .outerCleanAndInvalidate,
            .outerCleanAndInvalidateWays, .outerInvalidateWays, .outerSync:
            performOuter(operation, core)
        }
        if !operation.instruction.isOuter { noteMaintenance(core) }
        if [.dcCVAC, .dcCIVAC, .dcIVAC].contains(operation.instruction) {
            let answer = cores[core].now + configuration.costs.maintenanceResponse.rawValue
            cores[core].maintenanceDone = max(cores[core].maintenanceDone, answer)
        }
    }

    private mutating func noteMaintenance(_ core: Int) {
        cores[core].maintenanceDone = max(cores[core].maintenanceDone, pathOut, memory.free)
    }

    /// The addresses, as the program uses them, of the lines that some bytes touch.
    func linesOf(_ start: UInt64, _ bytes: UInt64, _ line: UInt64) -> [UInt64] {
        Array(stride(from: start / line * line, to: start + bytes, by: Int(line)))
    }

    private func cleans(_ instruction: Maintenance.Instruction) -> Bool {
        instruction.cleans || instruction == .dcIVAC && configuration.core.invalidateCleans
    }

    /// One line by address.
    private mutating func maintainData(
        _ virtual: UInt64, _ instruction: Maintenance.Instruction, _ core: Int
    ) {
        let (piece, _) = locate(virtual)
        let line = piece.address
        while let index = cores[core].buffer.firstIndex(where: { $0.shares(line, dataLine) }) {
            drainEntry(index, of: core, at: max(pathOut, cores[core].now))
        }
        spend(core, ticks(configuration.costs.maintenanceCycles), .maintenance)
        let partners = cores.indices.filter {
            $0 == core
                || piece.isShared && cores[core].isCoherent && cores[$0].isCoherent
                    && cores[$0].isActive
        }
        if !level1Data.isEmpty {
            tellMaintenance(
                .level1Data(core, alias: piece.alias), line, dataLine, instruction, core)
            for other in partners {
                maintainLevel1(other, line, alias: piece.alias, instruction, core)
            }
        }
        guard instruction != .dcCVAU else { return }
        if hasIntegratedLevel2 {
            for number in hasPrivateLevel2 ? partners : [0] {
                let base = level2[number].base(line)
                tellMaintenance(
                    level2[number].place, base, level2[number].lineSize, instruction, core)
                maintainLevel2(number, base, instruction, core)
            }
        }
        if hasIntegratedLevel3 {
            let base = level3[0].base(line)
            tellMaintenance(.level3, base, level3[0].lineSize, instruction, core)
            maintainLevel3(base, instruction, core)
        }
    }

    mutating func tellMaintenance(
        _ place: Place, _ line: UInt64, _ size: UInt64, _ instruction: Maintenance.Instruction,
        _ core: Int
    ) {
        tell(
            .maintenance, at: cores[core].now, .core(core), place, line, size,
            detail: UInt32(instruction.rawValue))
    }

    private mutating func maintainLevel1(
        _ other: Int, _ line: UInt64, alias: Int, _ instruction: Maintenance.Instruction,
        _ core: Int
    ) {
        guard let held = level1Data[other].line(line, alias: alias) else { return }
        var isDirty = held.dirty != 0
        if isDirty, cleans(instruction) {
            writeBackLevel1(
                other, held, agent: other, reason: .maintenance, at: cores[core].now)
            level1Data[other].change(line, alias: alias) { $0.dirty = 0 }
            spend(core, ticks(configuration.costs.dirtyCycles), .maintenance)
            isDirty = false
        }
        if instruction.invalidates {
            removeLevel1(
                other, line, alias: alias, reason: .maintenance, agent: core, drops: isDirty,
                at: cores[core].now)
        }
    }

    mutating func maintainLevel2(
        _ number: Int, _ line: UInt64, _ instruction: Maintenance.Instruction, _ core: Int
    ) {
        guard let held = level2[number].line(line) else { return }
        var isDirty = held.dirty != 0
        if isDirty, cleans(instruction) {
            writeBackLevel2(
                number, held, agent: hasPrivateLevel2 ? number : core, reason: .maintenance,
                at: cores[core].now)
            level2[number].change(line) { $0.dirty = 0 }
            spend(core, ticks(configuration.costs.dirtyCycles), .maintenance)
            waitForPins(core)
            isDirty = false
        } else if instruction == .outerCleanAndInvalidate,
            configuration.level2?.outer?.erratum588369 == true
        {
            return
        }
        let isDeferred =
            instruction == .outerCleanAndInvalidateWays
            && configuration.level2?.outer?.erratum727915 == true
        if instruction.invalidates, !isDeferred {
            removeLevel2(
                number, line, reason: .maintenance, agent: .core(core), drops: isDirty,
                at: cores[core].now)
        }
    }

    private mutating func maintainLevel3(
        _ line: UInt64, _ instruction: Maintenance.Instruction, _ core: Int
    ) {
        guard let held = level3[0].line(line) else { return }
        var isDirty = held.dirty != 0
        if isDirty, cleans(instruction) {
            writeBackLevel3(core, held, reason: .maintenance, at: cores[core].now)
            level3[0].change(line) { $0.dirty = 0 }
            spend(core, ticks(configuration.costs.dirtyCycles), .maintenance)
            waitForPins(core)
            isDirty = false
        }
        if instruction.invalidates {
            level3[0].remove(line)
            tell(
                .invalidate, at: cores[core].now, .core(core), .level3, other: isDirty ? 1 : 0,
                line, level3[0].lineSize, detail: MoveReason.maintenance.rawValue)
        }
    }

    /// Maintenance goes no further ahead of memory than four lines.
    private mutating func waitForPins(_ core: Int) {
        let ahead = memory.writeTime(4 * (level2.first?.lineSize ?? dataLine))
        if memory.free > cores[core].now + ahead {
            wait(core, until: memory.free - ahead, .maintenance)
        }
    }

    private mutating func maintainSets(_ operation: Maintenance, _ core: Int) {
        let instruction = operation.instruction
        drainBuffer(core, .maintenance)
        func concerns(_ level: UInt8) -> Bool { operation.level == 0 || operation.level == level }
        if !level1Data.isEmpty, concerns(1) {
            for line in level1Data[core].all {
                maintainLevel1(core, line.address, alias: line.alias, instruction, core)
            }
            spendSetWay(level1Data[core].configuration, core)
        }
        if hasIntegratedLevel2, concerns(2) {
            for line in level2[second(core)].all {
                tellMaintenance(
                    level2[second(core)].place, line.address, level2[second(core)].lineSize,
                    instruction, core)
                maintainLevel2(second(core), line.address, instruction, core)
            }
            spendSetWay(level2[second(core)].configuration, core)
        }
        if hasIntegratedLevel3, concerns(3) {
            for line in level3[0].all {
                tellMaintenance(
                    .level3, line.address, level3[0].lineSize, instruction, core)
                maintainLevel3(line.address, instruction, core)
            }
            spendSetWay(level3[0].configuration, core)
        }
    }

    mutating func spendSetWay(_ cache: CacheConfiguration, _ core: Int) {
        let lines = cache.sets * UInt64(cache.ways)
        spend(core, ticks(configuration.costs.setWayCycles) * lines, .maintenance)
    }

    private mutating func invalidateInstructions(_ virtual: UInt64, _ size: UInt64, _ core: Int) {
        spend(core, ticks(configuration.costs.maintenanceCycles), .maintenance)
        let line = locate(virtual).piece.address
        removeInstructions(line, core)
    }

    /// Removes a line of instructions wherever it is, or from one core's L1I.
    private mutating func removeInstructions(_ line: UInt64, _ core: Int, from only: Int? = nil) {
        for other in level1Instruction.indices
        where (only ?? other) == other && level1Instruction[other].holds(line) {
            level1Instruction[other].remove(line)
            tell(
                .invalidate, at: cores[core].now, .core(core), .level1Instruction(other),
                level1Instruction[other].base(line), level1Instruction[other].lineSize,
                detail: MoveReason.maintenance.rawValue)
        }
    }
}
