import Operations
import Quantities

/// The bytes that a device can touch or a DMA call names.
///
/// The rest of memory costs the detectors nothing.
public struct WatchList: Hashable, Sendable {
    /// Whole granules are watched: neighbours in a line matter as much as the buffer.
    static let granule: UInt64 = 64

    /// Ranges of granules, ascending, apart from one another.
    public private(set) var ranges: [Range<UInt64>] = []
    /// Whether some of the bytes are fetched as instructions.
    public private(set) var hasInstructions = false
    /// How many granules stand before each range.
    private var offsets: [Int] = []

    /// Makes an empty list.
    public init() {}

    /// Collects what a program's devices touch and its calls name, widened to whole lines of `lineSize`.
    ///
    /// - Parameters:
    ///   - program: The program.
    ///   - outline: The program without its accesses, if it is at hand.
    ///   - pages: The pages of its single accesses, if they are.
    ///   - map: Which of its addresses mean which physical bytes.
    ///   - lineSize: Bytes of a data line.
    public init(
        _ program: Program, outline: Program? = nil, pages: AccessPages? = nil, map: MemoryMap,
        lineSize: UInt64
    ) {
        let outline = outline ?? program
        /// Where each handle's mapping begins.
        var starts: [HandleID: Operand] = [:]
        for statement in outline.statements {
            guard case .operation(_, let operation) = statement.body else { continue }
            switch operation {
            case .device(let device):
                add(device.start, device.extent, map, lineSize)
                if let source = device.source { add(source, device.bytes, map, lineSize) }
            // Of a further mapping the bytes are those of its allocation.
            case .dma(let call)
            where !call.function.mapsAllocation && call.function != .declareCoherentMemory:
                for segment in call.segments { add(segment.start, segment.size, map, lineSize) }
                if call.function.makesHandle { starts[call.handle] = call.segments.first?.start }
                // A size that is not the mapping's is maintained all the same.
                if let start = starts[call.handle], let size = call.size, size <= Self.wholeLimit {
                    add(start.advanced(by: call.offset ?? 0), size, map, lineSize)
                }
            case .maintenance(let operation): add(operation, map, lineSize)
            case .vendor(let call) where call.function.discards && call.function.operands != .none:
                add(Maintenance(.dcIVAC, at: call.start, bytes: call.bytes), map, lineSize)
            default: break
            }
        }
        for declaration in outline.declarations {
            // Two mappings of the same bytes can lose them without any device.
            guard case .alias(_, let region, _, _, _) = declaration,
                let entry = program.symbols[region],
                entry.size <= Self.wholeLimit
            else { continue }
            add(Operand(entry.address), entry.size, MemoryMap(), lineSize)
        }
        merge()
        addInstructions(program, outline, pages, map, lineSize)
    }

    /// Watches what is fetched as instructions and written by the same program, by cores or devices.
    private mutating func addInstructions(
        _ program: Program, _ outline: Program, _ given: AccessPages?, _ map: MemoryMap,
        _ lineSize: UInt64
    ) {
        // In most programs code and data have no page in common: the pages are looked at first.
        let isIdentity = map.mappings.allSatisfy { $0.start == $0.physical }
        var pages = (isIdentity ? given : nil) ?? program.accessPages(in: map)
        guard pages.isFetched else { return }
        for case .operation(_, let operation) in outline.statements.lazy.map(\.body) {
            Self.forEachStore(operation) { pages.store(map.physical(of: $0), $1) }
        }
        guard pages.overlap else { return }
        var fetched: Set<UInt64> = []
        for case .operation(_, .access(let access, _, _)) in program.statements.lazy.map(\.body)
        where access.kind == .fetch {
            for address in [access.address, lastByte(access.address, UInt64(access.size))]
            where pages.mayBeStored(map.physical(of: address)) { fetched.insert(address) }
        }
        guard !fetched.isEmpty else { return }
        var stored = WatchList()
        for case .operation(_, let operation) in program.statements.lazy.map(\.body) {
            Self.forEachStore(operation) { stored.add(Operand($0), $1, map, lineSize) }
        }
        stored.merge()
        for address in fetched.sorted() {
            let mapping = map.mapping(of: address)
            guard stored.touches(address &- mapping.start &+ mapping.physical, 1) else { continue }
            add(Operand(address), 1, map, lineSize)
            hasInstructions = true
        }
        guard hasInstructions else { return }
        offsets = []
        merge()
    }

    /// Calls `body` with the bytes that an operation writes, those of calls left out.
    private static func forEachStore(_ operation: Operation, _ body: (UInt64, UInt64) -> Void) {
        switch operation {
        case .access(let access, _, _) where access.kind.isStore:
            body(access.address, UInt64(access.size))
        case .run(let run) where run.kind.isStore: body(run.start.address.rawValue, run.extent)
        case .copy(let copy): body(copy.destination.address.rawValue, copy.bytes)
        case .maintenance(let item) where item.instruction == .dcZVA:
            body(item.start.address.rawValue, max(item.bytes, 1))
        case .device(let device) where device.kind == .write:
            body(device.start.address.rawValue, device.extent)
        default: break
        }
    }

    /// Watches more physical bytes, widened to whole lines.
    public mutating func insert(_ bytes: [(start: UInt64, size: UInt64)], lineSize: UInt64) {
        for (start, size) in bytes { add(Operand(start), size, MemoryMap(), lineSize) }
        offsets = []
        merge()
    }

    /// The longest range that is watched whole though no device touches it, in bytes.
    private static let wholeLimit: UInt64 = 64 << 10

    /// Watches what an invalidate can lose: all of a short range, the two ends of a long one.
    private mutating func add(_ operation: Maintenance, _ map: MemoryMap, _ lineSize: UInt64) {
        let instruction = operation.instruction
        guard instruction.isByAddress, instruction.invalidates, !instruction.cleans else { return }
        let bytes = max(operation.bytes, 1)
        if bytes <= Self.wholeLimit {
            add(operation.start, bytes, map, lineSize)
        } else {
            add(operation.start, 1, map, lineSize)
            add(operation.start.advanced(by: bytes - 1), 1, map, lineSize)
        }
    }

    private mutating func add(
        _ operand: Operand, _ size: UInt64, _ map: MemoryMap, _ lineSize: UInt64
    ) {
        guard size > 0 else { return }
        let mapping = map.mapping(of: operand.address.rawValue)
        let start = operand.address.rawValue &- mapping.start &+ mapping.physical
        let step = max(lineSize, Self.granule)
        let first = start / step * step
        let last = lastByte(start, size) / step * step
        ranges.append(first / Self.granule..<(last / Self.granule + step / Self.granule))
    }

    private mutating func merge() {
        ranges.sort { ($0.lowerBound, $0.upperBound) < ($1.lowerBound, $1.upperBound) }
        var merged: [Range<UInt64>] = []
        for range in ranges {
            if let last = merged.last, range.lowerBound <= last.upperBound {
                merged[merged.count - 1] = last.lowerBound..<max(last.upperBound, range.upperBound)
            } else {
                merged.append(range)
            }
        }
        ranges = merged
        var before = 0
        for range in ranges {
            offsets.append(before)
            before += range.count
        }
    }

    /// Whether any byte of a range is in a watched granule.
    public func touches(_ start: UInt64, _ size: UInt64) -> Bool {
        guard size > 0, let least = ranges.first, let most = ranges.last else { return false }
        let last = lastByte(start, size) / Self.granule
        // Most of what is asked for lies elsewhere.
        guard last >= least.lowerBound, start / Self.granule < most.upperBound else {
            return false
        }
        let first = firstRange(endingAfter: start / Self.granule)
        return first < ranges.count && ranges[first].lowerBound <= last
    }

    /// The first range that ends after a granule.
    private func firstRange(endingAfter granule: UInt64) -> Int {
        var low = 0
        var high = ranges.count
        while low < high {
            let middle = (low + high) / 2
            if ranges[middle].upperBound <= granule { low = middle + 1 } else { high = middle }
        }
        return low
    }

    /// The watched granules of a range, each with the mask of its bytes.
    func granules(_ address: UInt64, _ size: UInt64) -> WatchedGranules {
        WatchedGranules(
            ranges, size == 0 ? ranges.count : firstRange(endingAfter: address / Self.granule),
            address, size)
    }

    /// How many granules are watched.
    public var count: Int { ranges.reduce(0) { $0 + $1.count } }

    /// The most bytes that are watched in one run: each costs the detectors about fifty bytes of memory.
    public static let limit: UInt64 = 8 << 20

    /// The watched range that a granule is in, and how many granules stand before that; nil: it is not watched.
    ///
    /// - Complexity: O(log *n*) in the number of ranges.
    func range(of granule: UInt64) -> (range: Range<UInt64>, before: Int)? {
        guard let first = ranges.first, granule >= first.lowerBound else { return nil }
        let low = firstRange(endingAfter: granule)
        guard low < ranges.count, ranges[low].lowerBound <= granule else { return nil }
        return (ranges[low], offsets[low])
    }
}

/// The watched granules that a range of bytes touches, each with the mask of its bytes.
struct WatchedGranules: Sequence, IteratorProtocol {
    private let ranges: [Range<UInt64>]
    /// The watched range at work.
    private var place: Int
    private let address: UInt64
    private let size: UInt64
    /// The next granule that may be one.
    private var upcoming: UInt64
    private let last: UInt64

    init(_ ranges: [Range<UInt64>], _ first: Int, _ address: UInt64, _ size: UInt64) {
        self.ranges = ranges
        self.address = address
        self.size = size
        place = first
        upcoming = address / WatchList.granule
        last = size == 0 ? 0 : lastByte(address, size) / WatchList.granule
    }

    mutating func next() -> (UInt64, UInt64)? {
        while place < ranges.count {
            let granule = Swift.max(upcoming, ranges[place].lowerBound)
            guard granule <= last else { break }
            if granule < ranges[place].upperBound {
                upcoming = granule + 1
                return (granule, Granules.mask(address, size, in: granule))
            }
            place += 1
        }
        place = ranges.count
        return nil
    }
}

/// The granules that a range of bytes touches, each with the mask of its bytes.
struct Granules: Sequence, IteratorProtocol {
    private let address: UInt64
    private let size: UInt64
    private var upcoming: UInt64
    private let last: UInt64
    private var isDone: Bool

    init(_ address: UInt64, _ size: UInt64) {
        self.address = address
        self.size = size
        upcoming = address / WatchList.granule
        last = size == 0 ? 0 : lastByte(address, size) / WatchList.granule
        isDone = size == 0
    }

    mutating func next() -> (granule: UInt64, mask: UInt64)? {
        guard !isDone else { return nil }
        let granule = upcoming
        isDone = granule >= last
        upcoming &+= 1
        return (granule, Self.mask(address, size, in: granule))
    }

    /// The granule that all bytes of a range are in; nil: it has none, or they are in several.
    @inline(__always)
    static func only(_ address: UInt64, _ size: UInt64) -> UInt64? {
        let granule = address / WatchList.granule
        return size > 0 && (address &+ size &- 1) / WatchList.granule == granule ? granule : nil
    }

    /// Calls `body` with each granule of a range and the bytes of it that the range covers: mostly there is one.
    @inline(__always)
    static func forEach(_ address: UInt64, _ size: UInt64, _ body: (UInt64, UInt64) -> Void) {
        if let granule = only(address, size) { return body(granule, maskWithin(address, size)) }
        for (granule, mask) in Granules(address, size) { body(granule, mask) }
    }

    /// The bytes that a range covers which lies in one granule.
    @inline(__always)
    static func maskWithin(_ address: UInt64, _ size: UInt64) -> UInt64 {
        let width: UInt64 = size >= WatchList.granule ? .max : 1 &<< size &- 1
        return width &<< (address % WatchList.granule)
    }

    /// The bytes of a granule that a range covers.
    static func mask(_ address: UInt64, _ size: UInt64, in granule: UInt64) -> UInt64 {
        let start = granule * WatchList.granule
        let low = Swift.max(address, start) - start
        // The last byte, not the one after it: that one may be 2^64.
        let high = Swift.min(lastByte(address, size), start + (WatchList.granule - 1)) - start
        let width = high - low + 1
        return (width >= 64 ? UInt64.max : (1 << width) - 1) << low
    }
}

/// The last byte of a range; the last of all if it would go on beyond.
///
/// - Precondition: `size` is above zero.
func lastByte(_ start: UInt64, _ size: UInt64) -> UInt64 {
    let (end, overflow) = start.addingReportingOverflow(size - 1)
    return overflow ? .max : end
}
