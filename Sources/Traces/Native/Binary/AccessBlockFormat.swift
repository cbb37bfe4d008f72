import Operations
import Quantities

/// The numbers of a block of accesses (`docs/trace-format-binary.md`, "Block of accesses").
enum AccessBlockFormat {
    /// The most records of a block that the writer makes.
    static let recordTarget = 1 << 18
    /// The raw bytes at which the writer ends a block; one more statement of any legal length still fits.
    static let rawTarget = 768 << 10
    /// The most shapes of a block: 63, so that no class byte of an access is ``statement``.
    static let shapeLimit = 63
    /// The class byte of a statement that is no plain access.
    static let statement: UInt8 = 0xFF
    /// The bit of a shape's first byte that says that the address depends on the load before.
    static let dependent: UInt8 = 16
    /// How many entries the tables of ``AddressPredictor`` have.
    static let tableSize = 4096
    /// What a key grows by from one access of an instruction to the next.
    static let keyStep: UInt32 = 0x193
    /// What parts the cores' keys.
    static let coreStep: UInt32 = 509
}

/// What reader and writer of a block of accesses expect each next address to be.
///
/// Both learn the same from the addresses so far, so that only surprises are written. A fetch is expected where the last
/// pass through the fetch before went; a load or store of an instruction as far from its last address as that was from
/// the one before. Where a core's fetches are not in the trace, its accesses are told apart by the one before.
struct AddressPredictor: ~Copyable {
    /// An access that an instruction makes.
    struct Slot: BitwiseCopyable {
        /// Where it was the last time.
        var last: UInt64 = 0
        /// How far that was from the time before.
        var stride: UInt64 = 0
    }

    /// Where a core is.
    struct Position: BitwiseCopyable {
        /// The address of its last fetch.
        var fetch: UInt64 = 0
        /// The size of that; 0: it made none in this block.
        var size: UInt64 = 0
        /// Which slot its next load or store uses, but for the core's number.
        var key: UInt32 = 0
    }

    /// How far the fetch after one is from that one's end.
    let jumps = OwnedBuffer<UInt64>(repeating: 0, count: AccessBlockFormat.tableSize)
    /// The accesses of instructions.
    let slots = OwnedBuffer<Slot>(repeating: Slot(), count: AccessBlockFormat.tableSize)
    /// Where the cores are.
    let positions = OwnedBuffer<Position>(repeating: Position(), count: Agent.maximumCores)

    /// Forgets everything, as at the start of a block.
    func reset() {
        jumps.base.update(repeating: 0, count: jumps.count)
        slots.base.update(repeating: Slot(), count: slots.count)
        positions.base.update(repeating: Position(), count: positions.count)
    }

    /// The entry of the tables for a fetch's address.
    @inline(__always)
    static func place(of fetch: UInt64) -> UInt32 {
        UInt32(truncatingIfNeeded: (fetch &>> 1) ^ (fetch &>> 13))
            & UInt32(AccessBlockFormat.tableSize - 1)
    }

    /// Takes the next access's difference from what is expected and gives its address, or the reverse.
    ///
    /// - Parameters:
    ///   - isFetch: Whether it is a fetch.
    ///   - core: The core's number.
    ///   - size: Its size.
    ///   - shape: The number of its shape.
    ///   - address: The expectation's place: called with the expected address, it returns the true one.
    @inline(__always)
    func learn(
        isFetch: Bool, core: Int, size: UInt32, shape: UInt32,
        _ address: (_ expected: UInt64) -> UInt64
    ) {
        let position = positions.base + core
        if isFetch {
            let jump = jumps.base + Int(Self.place(of: position.pointee.fetch))
            let next = position.pointee.fetch &+ position.pointee.size
            let found = address(next &+ jump.pointee)
            jump.pointee = found &- next
            position.pointee = Position(
                fetch: found, size: UInt64(size), key: Self.place(of: found))
        } else {
            let key = position.pointee.key &+ UInt32(core) &* AccessBlockFormat.coreStep
            let slot = slots.base + Int(key & UInt32(AccessBlockFormat.tableSize - 1))
            let last = slot.pointee.last
            let found = address(last &+ slot.pointee.stride)
            slot.pointee = Slot(last: found, stride: found &- last)
            position.pointee.key =
                position.pointee.size != 0
                ? position.pointee.key &+ AccessBlockFormat.keyStep : shape
        }
    }
}
