import Events
import Operations
import Quantities

/// One thing that happened to a granule, for the chain of a finding.
///
/// There are many, and few are ever looked at: the fields stand so that they need no more than 64 bytes.
struct JournalEntry: BitwiseCopyable {
    enum Kind: UInt8, BitwiseCopyable {
        case store, load, fill, writeback, invalidate, maintenance, deviceRead, deviceWrite, drain
    }
    var kind: Kind
    private var holderCount: UInt8 = 0
    var record: UInt32
    var tick: Ticks
    var agent: Agent
    var place: Place
    var other: Place
    private var detail: UInt32
    var mask: UInt64
    /// The caches that held a copy when a device wrote, by their numbers.
    private var holderNumbers = SIMD32<UInt8>()

    @inline(__always)
    init(_ kind: Kind, _ event: Event, _ mask: UInt64) {
        self.kind = kind
        record = event.record
        tick = event.tick
        agent = event.agent
        place = event.place
        other = event.otherPlace
        detail = event.detail
        self.mask = mask
    }

    /// Why a line moved.
    var reason: MoveReason { MoveReason(rawValue: detail) ?? .demand }

    /// Whether it is maintenance that cleans.
    var cleans: Bool {
        let number = UInt8(truncatingIfNeeded: detail)
        return kind == .maintenance && Maintenance.Instruction(rawValue: number)?.cleans ?? false
    }

    /// The caches that held a copy when a device wrote.
    var holders: [Place] {
        (0..<Int(holderCount)).map { Place(rawValue: holderNumbers[$0]) }
    }

    /// Notes a cache that held a copy when a device wrote.
    ///
    /// There are fewer than thirty-two: a core has one or two caches, or one with up to eight aliases.
    mutating func addHolder(_ place: Place) {
        precondition(holderCount < holderNumbers.scalarCount)
        holderNumbers[Int(holderCount)] = place.rawValue
        holderCount += 1
    }
}
