import Quantities

// The steps that all drivers are made of, on Linux and on bare metal.

extension DriverMaker {
    /// Hands a buffer to the device.
    mutating func give(_ place: String, _ size: UInt64, _ direction: Direction) {
        guard !isLinux else {
            let handle = "h\(nextHandle)"
            nextHandle += 1
            handles[place] = handle
            add("\(handle) = dma_map_single \(device) \(place) \(size) \(direction.rawValue)")
            add("dma_mapping_error \(handle)")
            return
        }
        giveBare(place, size, direction)
    }

    /// Takes a buffer back from the device.
    mutating func take(_ place: String, _ size: UInt64, _ direction: Direction) {
        guard !isLinux else {
            guard let handle = handles.removeValue(forKey: place) else { return }
            add(
                chance(3)
                    ? "dma_unmap_single \(handle) \(size) \(direction.rawValue)"
                    : "dma_unmap_single \(handle)")
            return
        }
        takeBare(place, size, direction)
    }

    /// Tells the device that it may start, behind all that the core did before.
    mutating func start() {
        guard !isLinux else {
            // Before Armv8 this barrier is a DSB and more than enough; on arm64 it orders stores, which is what it is
            // for. A map waits for its own maintenance.
            if chance(4) {
                add("wmb")
                add("writel_relaxed \(device)+0x10 = 1")
            } else {
                add("writel \(device)+0x10 = 1")
            }
            return
        }
        // The outer cache's controller has answered after all that came before its own operations.
        let isDone = body.last == core + "l2 sync" && kind != .writeThrough
        if !isDone || chance(3) { add("dsb sy") }
        // What is written past the inner caches waits in the outer cache's buffers, too.
        if profile.hasOuter, hasUncached {
            add("l2 sync")
            if chance(2) { add("dsb sy") }
        }
        add(chance(4) ? "writel \(device)+0x10 = 1" : "ring \(device)")
    }

    /// Whether stores go past the inner caches.
    private var hasUncached: Bool {
        head.contains { $0.hasPrefix("region") }
    }

    /// Waits for the device: by interrupt, or by reading its registers.
    mutating func finish() {
        switch random.next() % 4 {
        case 0:
            // The value of a register orders no load after it: a barrier does.
            add("readl \(device)+0x14")
            add("wait \(device)")
            if !isLinux { add(pick(["dsb sy", "dmb sy"])) }
        default: add("wait \(device)")
        }
    }

    /// A barrier between stores to memory that the device reads by itself.
    mutating func storeBarrier() {
        add(
            isLinux
                ? pick(hasCoherentBarriers ? ["dma_wmb", "dma_wmb", "wmb"] : ["wmb"])
                : pick(["dmb sy", "dmb osh", "dsb sy"]))
    }

    /// A barrier between loads of memory that the device writes by itself.
    mutating func loadBarrier() {
        add(
            isLinux
                ? pick(hasCoherentBarriers ? ["dma_rmb", "dma_rmb", "rmb"] : ["rmb"])
                : pick(["dmb sy", "dmb osh", "dsb sy"]))
    }

    /// Kernels before 3.19 have no barriers for coherent memory alone.
    private var hasCoherentBarriers: Bool { profile.kernel != "3.10" }

    /// Memory for descriptors that needs no maintenance.
    mutating func coherent(_ name: String) -> String {
        guard isLinux else { return buffer(name, type: "nc osh") }
        let place = buffer(name)
        add("\(name)h = dma_alloc_coherent \(device) \(place) 256")
        return place
    }

    // MARK: Bare metal

    private mutating func giveBare(_ place: String, _ size: UInt64, _ direction: Direction) {
        guard kind != .coherentPort, kind != .writeThrough || direction != .toDevice else { return }
        if let library {
            // A library that invalidates the outer cache first may find the inner one's dirty line there afterwards.
            let isLate = direction == .fromDevice && profile.hasOuter && library.reachesOuter
            add(library.give(isLate ? .both : direction, place, size))
        } else {
            // Bytes that the device will write are nobody's: they may be dropped.
            let instructions =
                direction == .fromDevice ? ["ivac", "ivac", "civac"] : ["cvac", "cvac", "civac"]
            add("dc \(pick(instructions)) \(place) \(size)")
        }
        guard profile.hasOuter, library?.reachesOuter != true else { return }
        if library == nil || library?.needsBarrier == true { add("dsb sy") }
        add(
            "l2 \(pick(direction == .fromDevice ? ["inv", "flush"] : ["clean", "flush"])) \(place) \(size)"
        )
        add("l2 sync")
    }

    private mutating func takeBare(_ place: String, _ size: UInt64, _ direction: Direction) {
        guard kind != .coherentPort, direction != .toDevice else { return }
        // The outer cache first: otherwise the inner one may load an old line from it.
        if profile.hasOuter, library?.reachesOuter != true {
            add("l2 inv \(place) \(size)")
            add("l2 sync")
            if chance(2) { add("dsb sy") }
        }
        if let library {
            add(library.take(place, size))
            if library.needsBarrier { add("dsb sy") }
        } else {
            add("dc \(pick(["ivac", "ivac", "civac"])) \(place) \(size)")
            add("dsb sy")
        }
    }
}

/// The cache functions of a bare-metal library.
struct DriverLibrary {
    /// Cleans a range; invalidates it; does both.
    var clean: String
    var invalidate: String
    var both: String
    /// Whether it maintains an outer cache, too.
    var reachesOuter = false
    /// Whether it ends without a barrier that what follows could rely on.
    var needsBarrier = false
    /// Whether it wants whole lines: it rounds all ranges up to this.
    var whole: UInt64 = 1

    static let cmsis = DriverLibrary(
        clean: "SCB_CleanDCache_by_Addr", invalidate: "SCB_InvalidateDCache_by_Addr",
        both: "SCB_CleanInvalidateDCache_by_Addr", whole: 32)
    static let xilinx = DriverLibrary(
        clean: "Xil_DCacheFlushRange", invalidate: "Xil_DCacheInvalidateRange",
        both: "Xil_DCacheFlushRange", reachesOuter: true, whole: 64)
    static let uBoot = DriverLibrary(
        clean: "flush_dcache_range", invalidate: "invalidate_dcache_range",
        both: "flush_dcache_range", needsBarrier: true, whole: 64)
    static let zephyr = DriverLibrary(
        clean: "sys_cache_data_flush_range", invalidate: "sys_cache_data_invd_range",
        both: "sys_cache_data_flush_and_invd_range", needsBarrier: true, whole: 64)
    static let nuttX = DriverLibrary(
        clean: "up_clean_dcache", invalidate: "up_invalidate_dcache", both: "up_flush_dcache",
        needsBarrier: true, whole: 64)

    /// Those that run on a machine.
    static func libraries(of profile: RandomTrace.Profile) -> [DriverLibrary] {
        switch profile.machine {
        case "stm32h743": [cmsis, uBoot, zephyr, nuttX]
        case "zynq7000": [xilinx, uBoot, zephyr]
        case "imx7d", "am335x": [uBoot, zephyr]
        case "zynqmp": [xilinx, uBoot, zephyr, nuttX]
        case "rpi3": [uBoot, zephyr, nuttX]
        case "rpi1", "arm926": [uBoot]
        default: []
        }
    }

    private func range(_ place: String, _ size: UInt64) -> String {
        "\(place) \((size + whole - 1) / whole * whole)"
    }

    func give(_ direction: DriverMaker.Direction, _ place: String, _ size: UInt64) -> String {
        switch direction {
        case .toDevice: "\(clean) \(range(place, size))"
        case .fromDevice: "\(invalidate) \(range(place, size))"
        case .both: "\(both) \(range(place, size))"
        }
    }

    func take(_ place: String, _ size: UInt64) -> String { "\(invalidate) \(range(place, size))" }
}
