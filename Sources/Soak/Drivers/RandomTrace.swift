import Quantities

/// A short random trace on a random machine: all kinds of operations, close together.
struct RandomTrace {
    /// Where it runs.
    struct Profile {
        var machine: String
        var kernel: String
        var cores = 1
        var line: UInt64 = 64
        var hasOuter = false
        /// A port whose transactions look into caches.
        var coherentPort: String?
    }

    static let profiles = [
        Profile(
            machine: "zynq7000", kernel: "none", cores: 2, line: 32, hasOuter: true,
            coherentPort: "ACP"),
        Profile(
            machine: "zynq7000", kernel: "6.12", cores: 2, line: 32, hasOuter: true,
            coherentPort: "ACP"),
        Profile(machine: "imx6q", kernel: "4.14", cores: 2, line: 32, hasOuter: true),
        Profile(machine: "imx7d", kernel: "none", cores: 2),
        Profile(machine: "am335x", kernel: "6.12"),
        Profile(machine: "rpi3", kernel: "none", cores: 2),
        Profile(machine: "rpi3", kernel: "5.18", cores: 2),
        Profile(machine: "rpi3", kernel: "6.12", cores: 2),
        Profile(machine: "zynqmp", kernel: "none", cores: 2, coherentPort: "HPC0"),
        Profile(machine: "zynqmp", kernel: "6.12", cores: 2, coherentPort: "HPC0"),
        Profile(machine: "stm32h743", kernel: "none", line: 32),
        Profile(machine: "rpi1", kernel: "none", line: 32),
        Profile(machine: "arm926", kernel: "none", line: 32),
        Profile(machine: "kirkwood", kernel: "6.12", line: 32, hasOuter: true),
    ]

    let seed: UInt64
    let profile: Profile
    let head: [String]
    var body: [String]

    /// Makes the trace of a seed.
    init(seed: UInt64, most: Int = 8) {
        var maker = Maker(seed: seed)
        self.seed = seed
        profile = maker.profile
        head = maker.head()
        let count = 3 + Int(maker.random.next() % UInt64(most - 2))
        body = maker.body(count)
    }
}

/// Draws the statements of a random trace.
private struct Maker {
    var random: SplitMix64
    let profile: RandomTrace.Profile
    private var handles: [(name: String, isAllocation: Bool)] = []
    private var next = 0
    private let isLinux: Bool
    private let devices: [String]
    private let hasCoherent: Bool

    init(seed: UInt64) {
        random = SplitMix64(seed: seed)
        profile = RandomTrace.profiles[Int(random.next() % UInt64(RandomTrace.profiles.count))]
        isLinux = profile.kernel != "none"
        let isCoherent = random.next() % 4 == 0 && profile.coherentPort != nil
        hasCoherent = isCoherent
        let isPair = random.next() % 3 == 0
        devices = isCoherent || isPair ? ["eth0", "dsp"] : ["eth0"]
    }

    mutating func pick<T>(_ all: [T]) -> T { all[Int(random.next() % UInt64(all.count))] }

    mutating func head() -> [String] {
        var result = ["device eth0 noncoherent"]
        if devices.count > 1 {
            result.append(
                hasCoherent
                    ? "device dsp port \(profile.coherentPort ?? "") coherent"
                    : "device dsp noncoherent")
        }
        result.append("region b 0x10000000 4K wb")
        result.append("region n 0x10010000 4K nc osh")
        if random.next() % 6 == 0 { result.append("region t 0x10020000 4K wt") }
        if random.next() % 8 == 0 { result.append("alias a b 0x90000000 nc osh") }
        hasAlias = result.last?.hasPrefix("alias") ?? false
        hasThrough = result.contains { $0.hasPrefix("region t") }
        return result
    }
    private var hasAlias = false
    private var hasThrough = false

    /// An address and a size in one of few places.
    private mutating func place(whole: Bool = false) -> String {
        let line = profile.line
        var bases = ["b", "b", "b", "n"]
        if hasAlias { bases.append("a") }
        if hasThrough { bases.append("t") }
        let base = pick(bases)
        let offset = pick([0, 0, 0, 4, line, line + 4])
        let size = whole ? pick([line, line, 4, line / 2, 2 * line]) : pick([4, 4, line])
        let start = offset == 0 ? base : "\(base)+\(offset)"
        return "\(start) \(size)"
    }

    private mutating func core() -> String {
        profile.cores > 1 && random.next() % 8 == 0 ? "core1: " : ""
    }

    mutating func body(_ count: Int) -> [String] { (0..<count).map { _ in statement() } }

    private mutating func statement() -> String {
        let device = pick(devices)
        switch random.next() % 24 {
        case 20: return core() + unusual()
        case 21:
            return
                "\(device): \(pick(["fetch \(place())", "copy \(pair()) \(pick([4, profile.line]))"]))"
        case 0...2: return core() + "st \(place())"
        case 3...5: return core() + "ld \(place())"
        case 6, 7: return "\(device): wr \(place(whole: true))"
        case 8: return "\(device): rd \(place(whole: true))"
        case 9, 10: return core() + (isLinux ? "writel \(device)" : "ring \(device)")
        case 11: return core() + "ring \(device)"
        case 12, 13: return "wait \(device)"
        case 14, 15: return barrier()
        default: return isLinux ? call(device) : maintenance()
        }
    }

    /// Two places, of which the first is written.
    private mutating func pair() -> String {
        let places = ["b", "b+4", "b+\(profile.line)", "n", "n+\(profile.line)"]
        return "\(pick(places)) \(pick(places))"
    }

    /// What is seldom seen: accesses with an order of their own, runs, copies, maintenance of everything.
    private mutating func unusual() -> String {
        let address = pick(["b", "b+4", "n", "n+4", "n+\(profile.line)"])
        switch random.next() % 9 {
        case 0: return "lda \(address) 4"
        case 1: return "stl \(address) 4"
        case 2: return "ld \(address) 4 dep"
        case 3: return "st \(address) \(profile.line * 2) by 4"
        case 4: return "ld \(address) 64 by 4 step 16"
        case 5: return "copy \(pair()) \(profile.line) by 4"
        case 6: return isArm64 ? "dc zva b" : "isb"
        case 7:
            return profile.cores == 1 && !isLinux ? "dc \(pick(["csw", "cisw"]))" : "dc cvau b 4"
        default:
            return profile.hasOuter && !isLinux ? pick(["l2 flushway", "l2 flush b 4"]) : "isb"
        }
    }

    private var isArm64: Bool { profile.machine == "rpi3" || profile.machine == "zynqmp" }

    private mutating func barrier() -> String {
        if isLinux, random.next() % 2 == 0 {
            return core() + pick(["dma_wmb", "dma_rmb", "wmb", "mb"])
        }
        return core()
            + pick([
                "dmb sy", "dmb osh", "dmb st", "dmb ish", "dsb sy", "dsb st", "dsb ish", "dsb sy",
            ])
    }

    private mutating func maintenance() -> String {
        let instruction = pick(["cvac", "civac", "ivac"])
        if profile.hasOuter, random.next() % 2 == 0 {
            return core()
                + pick([
                    "l2 clean \(place(whole: true))", "l2 inv \(place(whole: true))", "l2 sync",
                ])
        }
        return core() + "dc \(instruction) \(place(whole: true))"
    }

    private mutating func call(_ device: String) -> String {
        if random.next() % 8 == 0 {
            next += 1
            let call = pick(["dma_alloc_coherent", "dma_alloc_noncoherent", "dma_alloc_wc"])
            let address = pick(["0x10000000", "0x10030000"])
            let direction = call.hasSuffix("noncoherent") ? " FROM_DEVICE" : ""
            return "h\(next) = \(call) \(device) \(address) 4096\(direction)"
        }
        if handles.isEmpty || random.next() % 2 == 0 {
            next += 1
            handles.append(("h\(next)", false))
            return
                "h\(next) = dma_map_single \(device) \(mapped()) \(pick(["TO_DEVICE", "FROM_DEVICE", "BIDIRECTIONAL"]))"
        }
        let place = Int(random.next() % UInt64(handles.count))
        let handle = handles[place].name
        switch random.next() % 3 {
        case 0:
            handles.remove(at: place)
            return "dma_unmap_single \(handle)"
        case 1: return "dma_sync_single_for_cpu \(handle)"
        default: return "dma_sync_single_for_device \(handle)"
        }
    }

    private mutating func mapped() -> String {
        let line = profile.line
        let offset = pick([0, 0, 4, line])
        return (offset == 0 ? "b" : "b+\(offset)") + " \(pick([line, line, line / 2, 2 * line]))"
    }
}
