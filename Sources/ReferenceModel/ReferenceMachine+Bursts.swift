import Events
import MemoryModel
import Operations
import Quantities

// Section 10: what a burst reads and writes.

extension ReferenceMachine {
    /// The port that a device reads or writes through.
    func side(_ device: Int, _ isWrite: Bool) -> ReferenceSide {
        isWrite ? devices[device].writing : devices[device].reading
    }

    /// Moves the bytes of a burst; the result is what memory lets it wait.
    mutating func move(
        _ device: Int, _ address: UInt64, _ bytes: UInt64, isWrite: Bool, at tick: UInt64
    ) -> UInt64 {
        if isWrite { clearMonitors(except: nil, address, bytes) }
        let hasCaches = !level1Data.isEmpty || !level2.isEmpty || !level3.isEmpty
        guard side(device, isWrite).snoops && hasCaches || hasMemorySide else {
            tellMove(device, .memory, address, bytes, isWrite, at: tick)
            return deviceMemory(device, address, bytes, isWrite, at: tick)
        }
        let line = UInt64(configuration.dataLineSize)
        var delay: UInt64 = 0
        var at = address
        while at < address + bytes {
            // The last line of all ends where numbers do.
            let end = at + min(address + bytes - at, line - at % line)
            let place =
                isWrite
                ? writePlace(device, at, end - at, at: tick)
                : readPlace(device, at, end - at, at: tick)
            tellMove(device, place, at, end - at, isWrite, at: tick)
            if place == .memory {
                delay += deviceMemory(device, at, end - at, isWrite, at: tick)
            }
            at = end
        }
        return delay
    }

    private mutating func tellMove(
        _ device: Int, _ place: Place, _ address: UInt64, _ bytes: UInt64, _ isWrite: Bool,
        at tick: UInt64
    ) {
        tell(
            isWrite ? .deviceWrite : .deviceRead, at: tick, .device(device), place, address, bytes)
    }

    private mutating func deviceMemory(
        _ device: Int, _ address: UInt64, _ bytes: UInt64, _ isWrite: Bool, at tick: UInt64
    ) -> UInt64 {
        let name = side(device, isWrite).port.controllerPort
        let port = configuration.memory.controllerPorts.firstIndex { $0.name == name }
        let delay = memory.request(address, bytes, isWrite: isWrite, port: port, at: tick)
        tell(
            .memoryTraffic, at: tick, .device(device), .memory, other: isWrite ? 1 : 0, address,
            bytes, detail: memory.onChip(address) == nil ? 0 : 1)
        return delay
    }

    /// The cores whose caches a snooping device looks into.
    private var snooped: [Int] {
        cores.indices.filter { cores[$0].isActive && cores[$0].isCoherent }
    }

    private mutating func readPlace(
        _ device: Int, _ address: UInt64, _ bytes: UInt64, at tick: UInt64
    ) -> Place {
        if side(device, false).snoops {
            for core in snooped where !level1Data.isEmpty && level1Data[core].holds(address) {
                return .level1Data(core)
            }
            for number in hasPrivateLevel2 ? snooped : Array(level2.indices)
            where level2[number].holds(address) {
                return level2[number].place
            }
            if hasIntegratedLevel3, level3[0].holds(address) { return .level3 }
        }
        return lookUpMemorySide(.device(device), address, bytes, isWrite: false, at: tick)
    }

    private mutating func writePlace(
        _ device: Int, _ address: UInt64, _ bytes: UInt64, at tick: UInt64
    ) -> Place {
        guard side(device, true).snoops else {
            return lookUpMemorySide(.device(device), address, bytes, isWrite: true, at: tick)
        }
        for core in snooped {
            if !level1Data.isEmpty { takeFromLevel1(core, address, bytes, at: tick) }
            if hasPrivateLevel2 { takeFromPrivateLevel2(core, address, bytes, at: tick) }
        }
        if !hasPrivateLevel2, !level2.isEmpty {
            let base = level2[0].base(address)
            let fills =
                side(device, true).port.allocates && bytes == level2[0].lineSize && base == address
            if !level2[0].holds(base), fills {
                insertLevel2(0, ReferenceLine(address: base), at: tick)
            }
            if level2[0].holds(base) {
                let dirty = level2[0].dirtyBits(address, bytes, of: base)
                level2[0].change(base) { $0.dirty |= dirty }
                return level2[0].place
            }
        }
        if hasIntegratedLevel3, level3[0].holds(address) {
            let dirty = level3[0].dirtyBits(address, bytes, of: level3[0].base(address))
            level3[0].change(address) { $0.dirty |= dirty }
            return .level3
        }
        return lookUpMemorySide(.device(device), address, bytes, isWrite: true, at: tick)
    }

    private mutating func takeFromLevel1(
        _ core: Int, _ address: UInt64, _ bytes: UInt64, at tick: UInt64
    ) {
        guard let line = level1Data[core].line(address) else { return }
        let isWhole = bytes == dataLine
        if line.dirty != 0, !isWhole {
            writeBackLevel1(core, line, agent: core, reason: .snoop, at: tick)
        }
        removeLevel1(core, line.address, reason: .snoop, agent: core, at: tick)
    }

    private mutating func takeFromPrivateLevel2(
        _ core: Int, _ address: UInt64, _ bytes: UInt64, at tick: UInt64
    ) {
        guard let line = level2[core].line(address) else { return }
        let isWhole = bytes == level2[core].lineSize
        if line.dirty != 0, !isWhole {
            writeBackLevel2(core, line, agent: core, reason: .snoop, at: tick)
        }
        removeLevel2(core, line.address, reason: .snoop, agent: .core(core), at: tick)
    }
}
