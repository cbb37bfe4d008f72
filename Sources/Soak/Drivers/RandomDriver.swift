import Quantities

/// A small driver that is correct on its machine, as the statements of a native trace.
///
/// Correct is meant by the rules of the kernel and the architecture: who has a buffer is told before it is touched, on
/// all levels of cache that the other one does not see, and behind the barriers that make it so.
struct RandomDriver {
    /// What a driver does.
    enum Kind: CaseIterable, Hashable {
        /// Sends a buffer.
        case transmit
        /// Receives into a buffer.
        case receive
        /// Sends, and receives in the same place.
        case bidirectional
        /// Hands descriptors over in coherent memory, with a doorbell.
        case descriptors
        /// The device polls a descriptor's owner.
        case polledByDevice
        /// The core polls what the device wrote last.
        case polledByCore
        /// Sends or receives a list of buffers.
        case scatterGather
        /// Descriptors from a pool.
        case pool
        /// Keeps a buffer mapped, and takes parts of it back and forth.
        case partialSync
        /// One buffer is the device's, the other the core's.
        case twoBuffers
        /// One core fills, another one sends; or one receives, another one reads.
        case twoCores
        /// Buffers in memory that is not cached.
        case uncached
        /// Buffers in memory that is written through.
        case writeThrough
        /// A device that looks into the caches.
        case coherentPort
        /// Maintenance by a library's functions.
        case library
    }

    let seed: UInt64
    let kind: Kind
    let profile: RandomTrace.Profile
    let head: [String]
    var body: [String]

    /// Those of the random traces, and those on which the kernel or the core does something else again.
    static let profiles =
        RandomTrace.profiles + [
            RandomTrace.Profile(machine: "imx7d", kernel: "6.12", cores: 2),
            RandomTrace.Profile(machine: "am335x", kernel: "none"),
            RandomTrace.Profile(machine: "rpi1", kernel: "6.12", line: 32),
            RandomTrace.Profile(machine: "arm926", kernel: "6.12", line: 32),
            RandomTrace.Profile(
                machine: "zynq7000", kernel: "3.10", cores: 2, line: 32, hasOuter: true,
                coherentPort: "ACP"),
            RandomTrace.Profile(machine: "rpi3", kernel: "5.4", cores: 2),
        ]

    /// Makes the driver of a seed.
    init(seed: UInt64) {
        var maker = DriverMaker(seed: seed)
        self.seed = seed
        maker.make()
        kind = maker.kind
        profile = maker.profile
        head = maker.head
        body = maker.body
    }
}

/// Draws a driver.
struct DriverMaker {
    /// Which way a transfer goes, in the words of the DMA API.
    enum Direction: String {
        case toDevice = "TO_DEVICE"
        case fromDevice = "FROM_DEVICE"
        case both = "BIDIRECTIONAL"
    }

    var random: SplitMix64
    let profile: RandomTrace.Profile
    let kind: RandomDriver.Kind
    let isLinux: Bool
    var head: [String] = []
    var body: [String] = []
    /// The device.
    let device: String
    /// What maintenance is done by; nil: instructions.
    let library: DriverLibrary?
    /// The core that acts, as the start of a statement.
    var core = ""
    /// Where the buffers are that the driver has declared.
    var nextAddress: UInt64 = 0x1000_0000
    var handles: [String: String] = [:]
    var nextHandle = 1

    init(seed: UInt64) {
        random = SplitMix64(seed: seed &* 0x9E37_79B9_7F4A_7C15)
        let profiles = RandomDriver.profiles
        profile = profiles[Int(random.next() % UInt64(profiles.count))]
        let isLinux = profile.kernel != "none"
        self.isLinux = isLinux
        let libraries = isLinux ? [] : DriverLibrary.libraries(of: profile)
        let (cores, port) = (profile.cores, profile.coherentPort)
        let kinds = RandomDriver.Kind.allCases.filter { kind in
            switch kind {
            case .scatterGather, .pool: isLinux
            case .twoCores: cores > 1
            case .coherentPort: port != nil
            case .library: !libraries.isEmpty
            case .writeThrough: !isLinux
            default: true
            }
        }
        kind = kinds[Int(random.next() % UInt64(kinds.count))]
        device = kind == .coherentPort ? "dsp" : "eth0"
        library =
            kind == .library
            ? libraries[Int(random.next() % UInt64(libraries.count))] : nil
    }

    mutating func pick<T>(_ all: [T]) -> T { all[Int(random.next() % UInt64(all.count))] }
    mutating func chance(_ one: UInt64) -> Bool { random.next() % one == 0 }

    // MARK: Statements

    /// A statement of the core at work.
    mutating func add(_ statement: String) { body.append(core + statement) }

    /// A statement of the device.
    mutating func act(_ statement: String) { body.append("\(device): \(statement)") }

    /// Stores to all of some bytes.
    mutating func store(_ place: String, _ size: UInt64) {
        add(size > 8 ? "st \(place) \(size) by 4" : "st \(place) \(size)")
    }

    /// Loads all of some bytes.
    mutating func load(_ place: String, _ size: UInt64) {
        add(size > 8 ? "ld \(place) \(size) by 4" : "ld \(place) \(size)")
    }

    /// Declares a buffer that has lines of its own.
    mutating func buffer(_ name: String, type: String? = nil) -> String {
        let address = "0x" + String(nextAddress, radix: 16)
        nextAddress += 0x1000
        head.append(
            type.map { "region \(name) \(address) 4K \($0)" } ?? "buffer \(name) \(address) 256")
        return name
    }

    /// A size of a buffer: whole lines, most of the time.
    mutating func size() -> UInt64 { pick([64, 128, 128, 32, 60, 96, 100]) }

    mutating func make() {
        head.append(
            kind == .coherentPort
                ? "device dsp port \(profile.coherentPort ?? "") coherent"
                : "device eth0 noncoherent")
        if profile.kernel != "none", kind != .coherentPort, chance(12) {
            head.append("swiotlb 0x20000000 64K force")
        }
        switch kind {
        case .transmit, .receive, .bidirectional, .writeThrough, .coherentPort, .library:
            packets()
        case .descriptors, .pool: descriptors()
        case .polledByDevice: polledByDevice()
        case .polledByCore: polledByCore()
        case .scatterGather: scatterGather()
        case .partialSync: partialSync()
        case .twoBuffers: twoBuffers()
        case .twoCores: twoCores()
        case .uncached: uncached()
        }
    }
}
