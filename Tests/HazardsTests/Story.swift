import Events
import Operations
import Quantities

@testable import Hazards

/// Events written by hand, told to a detector; no model is asked.
struct Story {
    /// The buffer of all stories: two granules; the first one's first half is mostly the device's.
    static let buffer: UInt64 = 0x1000

    /// The one device.
    static let device = Agent.device(0)

    var detector: ManifestDetector
    private var record: UInt32 = 0

    /// Begins with a machine of one core and one device.
    init(
        hasOuterCache: Bool = false, isDeclaredCoherent: Bool = false, snoops: Bool = false
    ) {
        detector = ManifestDetector(
            profile: Self.profile(
                hasOuterCache: hasOuterCache, isDeclaredCoherent: isDeclaredCoherent,
                snoops: snoops), watch: Self.watch)
    }

    /// A line dirty with eight bytes at an offset, and a device that was sent and has written in memory.
    static func dirtyUnderDevice(
        storedAt stored: UInt64 = 0, writtenAt written: UInt64 = 0, _ bytes: UInt32 = 64
    ) -> Story {
        var story = Story()
        story.fill()
        story.store(stored, 8)
        story.ring()
        story.deviceWrites(written, bytes)
        return story
    }

    static func profile(
        hasOuterCache: Bool = false, isDeclaredCoherent: Bool = false, snoops: Bool = false,
        speculates: Bool = true, lineSize: UInt64 = 64, doorbellOrder: DoorbellOrder = .arm64
    ) -> HazardProfile {
        HazardProfile(
            lineSize: lineSize, hasOuterCache: hasOuterCache, speculates: speculates,
            doorbellOrder: doorbellOrder, usesLinux: false, cores: 1,
            devices: [
                HazardProfile.Device(
                    name: "dma0", snoops: snoops, isDeclaredCoherent: isDeclaredCoherent)
            ])
    }

    /// The watch list of a program that reads the buffer.
    static var watch: WatchList {
        var program = Program()
        let read = DeviceOperation(.read, at: Operand(buffer), bytes: 128)
        program.statements.append(Statement(.operation(device, .device(read)), line: 1))
        return WatchList(program, map: MemoryMap(), lineSize: 64)
    }

    /// The findings so far.
    var codes: [HazardCode] { detector.findings.map(\.code) }

    private mutating func tell(
        _ kind: Event.Kind, _ agent: Agent, _ place: Place = .memory, other: UInt8 = 0,
        _ offset: UInt64 = 0, _ size: UInt32 = 0, detail: UInt32 = 0
    ) {
        record += 1
        detector.record(
            Event(
                kind, at: Ticks(rawValue: UInt64(record) * 100), agent: agent, place: place,
                other: other, address: Self.buffer + offset, size: size, detail: detail,
                record: record))
    }

    // MARK: The core

    mutating func load(_ offset: UInt64 = 0, _ size: UInt32 = 8, from place: Place = .level1Data(0))
    {
        tell(.load, .core(0), place, offset, size)
    }

    /// A store; `entry` numbers a buffer's entry.
    mutating func store(
        _ offset: UInt64 = 0, _ size: UInt32 = 8, to place: Place = .level1Data(0),
        entry: UInt32 = 0
    ) {
        tell(.store, .core(0), place, offset, size, detail: entry)
    }

    mutating func fill(
        _ place: Place = .level1Data(0), from source: Place = .memory,
        _ reason: MoveReason = .demand
    ) {
        tell(.linefill, .core(0), place, other: source.rawValue, 0, 64, detail: reason.rawValue)
    }

    mutating func writeBack(
        _ place: Place = .level1Data(0), to target: Place = .memory,
        _ reason: MoveReason = .replacement
    ) {
        tell(.writeback, .core(0), place, other: target.rawValue, 0, 64, detail: reason.rawValue)
    }

    /// A line goes; `drops`: it was dirty and is not written back.
    mutating func giveUp(
        _ place: Place = .level1Data(0), drops: Bool = false, _ reason: MoveReason = .maintenance
    ) {
        tell(.invalidate, .core(0), place, other: drops ? 1 : 0, 0, 64, detail: reason.rawValue)
    }

    mutating func maintain(_ place: Place = .level1Data(0)) {
        tell(.maintenance, .core(0), place, 0, 64)
    }

    /// Says which bytes the next maintenance names.
    mutating func names(_ offset: UInt64, _ bytes: UInt64) {
        detector.begin(
            .maintenance(
                Maintenance(.dcIVAC, at: Operand(Self.buffer + offset), bytes: bytes)),
            by: .core(0), record: record)
    }

    mutating func drain(_ entry: UInt32, to place: Place = .memory) {
        tell(.drain, .core(0), .storeBuffer(0), other: place.rawValue, 0, 8, detail: entry)
    }

    mutating func ring() { tell(.doorbell, .core(0), other: Self.device.rawValue) }

    mutating func wait() { tell(.completionObserved, .core(0), other: Self.device.rawValue) }

    // MARK: The device

    mutating func deviceReads(
        _ offset: UInt64 = 0, _ size: UInt32 = 64, from place: Place = .memory
    ) {
        tell(.deviceStart, Self.device, other: 1)
        tell(.deviceRead, Self.device, place, offset, size)
        tell(.deviceDone, Self.device)
    }

    mutating func deviceWrites(_ offset: UInt64 = 0, _ size: UInt32 = 64, to place: Place = .memory)
    {
        tell(.deviceStart, Self.device, other: 1)
        tell(.deviceWrite, Self.device, place, offset, size)
        tell(.deviceDone, Self.device)
    }
}
