import Quantities

// What drivers of each kind do.

extension DriverMaker {
    private mutating func direction() -> Direction {
        switch kind {
        case .transmit: .toDevice
        case .receive: .fromDevice
        case .bidirectional: .both
        default: pick([.toDevice, .fromDevice, .both])
        }
    }

    /// Perhaps does something beside the buffers, in lines of its own.
    private mutating func neighbour() {
        guard chance(3) else { return }
        if !head.contains(where: { $0.hasPrefix("buffer v ") }) { _ = buffer("v") }
        if chance(2) { store("v", 4) } else { load("v", 4) }
    }

    /// One packet, from who has the buffer to who has it again.
    private mutating func packet(_ place: String, _ size: UInt64, _ direction: Direction) {
        if direction != .fromDevice {
            store(place, size)
        } else if chance(3) {
            if chance(2) { store(place, size) } else { load(place, size) }
        }
        neighbour()
        give(place, size, direction)
        start()
        neighbour()
        if direction != .fromDevice { act("rd \(place) \(size)") }
        if direction != .toDevice { act("wr \(place) \(size)") }
        finish()
        take(place, size, direction)
        if direction != .toDevice { load(place, size) }
    }

    /// The same packet once, or twice, in a loop or not.
    mutating func packets() {
        let place = buffer("b", type: kind == .writeThrough ? "wt" : nil)
        let size = size()
        let direction = direction()
        switch random.next() % 4 {
        case 0:
            body.append("repeat 2")
            packet(place, size, direction)
            body.append("end")
        case 1:
            packet(place, size, direction)
            packet(place, size, kind == .receive ? .fromDevice : direction)
        default: packet(place, size, direction)
        }
    }

    /// A descriptor of two words and its owner, a buffer, a doorbell, and a status that the device writes.
    mutating func descriptors() {
        let list = ring()
        let place = buffer("b")
        let size = pick([64, 32, 60] as [UInt64])
        let direction: Direction = pick([.toDevice, .fromDevice])
        let owner = list + pick(["+8", "+\(profile.line)"])
        let isTwice = chance(3)
        if isTwice { body.append("repeat 2") }
        if direction == .toDevice { store(place, size) }
        give(place, size, direction)
        store(list, 8)
        storeBarrier()
        store(owner, 4)
        start()
        act("fetch \(owner) 4")
        act("fetch \(list) 8")
        act("\(direction == .toDevice ? "rd" : "wr") \(place) \(size)")
        act("wr \(owner) 4")
        finish()
        load(owner, 4)
        take(place, size, direction)
        if direction == .fromDevice { load(place, size) }
        if isTwice { body.append("end") }
    }

    private mutating func ring() -> String {
        guard kind == .pool else { return coherent("d") }
        let place = buffer("d")
        add("p = dma_pool_create \(device) 128 64")
        add("x = \(pick(["dma_pool_alloc", "dma_pool_zalloc"])) p \(place)")
        return place
    }

    /// The device runs already, and looks for descriptors that are its own.
    mutating func polledByDevice() {
        let list = coherent("d")
        let place = buffer("b")
        let size = pick([64, 32] as [UInt64])
        let owner = list + pick(["+8", "+\(profile.line)"])
        let isRunning = chance(2)
        if isRunning { start() }
        store(place, size)
        give(place, size, .toDevice)
        // The clean is done before the owner is told: a map and a library see to it themselves.
        if !isLinux { add("dsb sy") }
        store(list, 8)
        storeBarrier()
        store(owner, 4)
        neighbour()
        if !isRunning {
            // It comes by itself, at some time after.
            if isLinux { add("wmb") } else { add("dsb sy") }
            if !isLinux, profile.hasOuter { add("l2 sync") }
        }
        act("fetch \(owner) 4")
        act("fetch \(list) 8")
        act("rd \(place) \(size)")
        finish()
        take(place, size, .toDevice)
    }

    /// The core looks for what the device writes last.
    mutating func polledByCore() {
        let list = coherent("d")
        let owner = list + pick(["+8", "+\(profile.line)"])
        let isStreaming = chance(2)
        let place = isStreaming ? buffer("b") : list
        let size: UInt64 = isStreaming ? 64 : 8
        if isStreaming { give(place, size, .fromDevice) }
        start()
        neighbour()
        act("wr \(place) \(size)")
        act("wr \(owner) 4")
        load(owner, 4)
        loadBarrier()
        if isStreaming { take(place, size, .fromDevice) }
        load(place, size)
    }

    mutating func scatterGather() {
        let (one, other) = (buffer("b"), buffer("c"))
        let size = pick([64, 128, 60] as [UInt64])
        let direction: Direction = pick([.toDevice, .fromDevice, .both])
        if direction != .fromDevice {
            store(one, size)
            store(other, 64)
        }
        add("s = dma_map_sg \(device) \(direction.rawValue) \(one),\(size) \(other),64")
        start()
        neighbour()
        for (place, size) in [(one, size), (other, 64)] {
            if direction != .fromDevice { act("rd \(place) \(size)") }
            if direction != .toDevice { act("wr \(place) \(size)") }
        }
        finish()
        if direction != .toDevice, chance(2) {
            add("dma_sync_sg_for_cpu s")
            load(one, size)
        }
        add("dma_unmap_sg s")
        if direction != .toDevice { load(other, 64) }
    }

    /// Part of a buffer goes back and forth while it stays mapped.
    mutating func partialSync() {
        let place = buffer("b")
        let direction: Direction = pick([.fromDevice, .toDevice, .both])
        let offset: UInt64 = pick([0, 64])
        let part = offset == 0 ? place : "\(place)+\(offset)"
        if direction != .fromDevice { store(place, 128) }
        give(place, 128, direction)
        start()
        if direction != .fromDevice { act("rd \(place) 128") }
        if direction != .toDevice { act("wr \(place) 128") }
        finish()
        neighbour()
        sync(place, part, offset, "cpu", direction)
        if direction != .toDevice { load(part, 64) }
        if direction != .fromDevice { store(part, 64) }
        sync(place, part, offset, "device", direction)
        start()
        if direction != .fromDevice { act("rd \(part) 64") }
        if direction != .toDevice { act("wr \(part) 64") }
        finish()
        take(place, 128, direction)
        if direction != .toDevice { load(place, 128) }
    }

    private mutating func sync(
        _ place: String, _ part: String, _ offset: UInt64, _ owner: String,
        _ direction: Direction
    ) {
        guard isLinux else {
            if owner == "cpu" { take(part, 64, direction) } else { give(part, 64, direction) }
            return
        }
        guard let handle = handles[place] else { return }
        add("dma_sync_single_for_\(owner) \(handle) \(offset) 64 \(direction.rawValue)")
    }

    /// While the device has one buffer, the core works with the other.
    mutating func twoBuffers() {
        let (one, other) = (buffer("b"), buffer("c"))
        let direction: Direction = pick([.fromDevice, .toDevice])
        func verb() -> String { direction == .fromDevice ? "wr" : "rd" }
        if direction == .toDevice { store(one, 64) }
        give(one, 64, direction)
        start()
        act("\(verb()) \(one) 64")
        if direction == .toDevice { store(other, 64) }
        give(other, 64, direction)
        finish()
        take(one, 64, direction)
        start()
        act("\(verb()) \(other) 64")
        if direction == .fromDevice { load(one, 64) } else { store(one, 64) }
        finish()
        take(other, 64, direction)
        if direction == .fromDevice { load(other, 64) }
    }

    /// The buffer goes from one core to the other, as a lock would hand it over.
    mutating func twoCores() {
        let place = buffer("b")
        let size = size()
        let direction: Direction = pick([.toDevice, .fromDevice, .both])
        if direction != .fromDevice {
            core = chance(2) ? "core1: " : ""
            store(place, size)
            handOver()
        }
        core = chance(2) ? "core1: " : ""
        give(place, size, direction)
        start()
        if direction != .fromDevice { act("rd \(place) \(size)") }
        if direction != .toDevice { act("wr \(place) \(size)") }
        core = chance(2) ? "core1: " : ""
        finish()
        take(place, size, direction)
        handOver()
        core = chance(2) ? "core1: " : ""
        if direction != .toDevice { load(place, size) }
        core = ""
    }

    private mutating func handOver() { add(isLinux ? "smp_mb" : "dmb ish") }

    /// A buffer that is not cached.
    mutating func uncached() {
        let place = coherent("n")
        let size = pick([64, 32, 8] as [UInt64])
        let direction: Direction = pick([.toDevice, .fromDevice, .both])
        let isTwice = chance(3)
        if isTwice { body.append("repeat 2") }
        if direction != .fromDevice { store(place, size) }
        start()
        neighbour()
        if direction != .fromDevice { act("rd \(place) \(size)") }
        if direction != .toDevice { act("wr \(place) \(size)") }
        finish()
        if direction != .toDevice { load(place, size) }
        if isTwice { body.append("end") }
    }
}
