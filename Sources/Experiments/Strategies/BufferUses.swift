import Operations
import Quantities

/// Which bytes of the ranges that devices touch the cores touch, too: what a driver has to sync at least.
struct BufferUses {
    /// What is touched of one range, from the first to the last byte.
    private struct Use {
        var start: UInt64
        var end: UInt64
        var loads: Range<UInt64>?
        var stores: Range<UInt64>?
    }

    /// Ascending by their starts; ranges may overlap.
    private var uses: [Use] = []
    /// The longest range, for the search.
    private var longest: UInt64 = 0
    /// Whether a range may be touched by other addresses than its own: then all of it counts.
    private var isAliased = false

    /// Nothing is touched.
    init() {}

    /// Collects what a program's cores do in the ranges of some transfers, the whole program through.
    ///
    /// - Complexity: O(*n* log *m*) for *n* statements and *m* parts.
    init(_ program: Program, parts: [HandOver.Part]) {
        uses = parts.map { Use(start: $0.mapped.start, end: $0.mapped.start &+ $0.mapped.size) }
            .sorted { ($0.start, $0.end) < ($1.start, $1.end) }
        longest = uses.map { $0.end &- $0.start }.max() ?? 0
        for statement in program.statements {
            switch statement.body {
            case .declaration(.alias): isAliased = true
            case .operation(_, .dma(let call)) where call.function.mapsAllocation: isAliased = true
            case .operation(_, let operation):
                for touch in operation.touches {
                    note(touch.start, touch.size, isStore: touch.isStore)
                }
            default: break
            }
        }
    }

    private mutating func note(_ start: UInt64, _ size: UInt64, isStore: Bool) {
        let (end, overflow) = start.addingReportingOverflow(size)
        guard size > 0, !overflow else { return }
        var index = first(from: start < longest ? 0 : start - longest)
        while index < uses.count, uses[index].start < end {
            defer { index += 1 }
            let low = max(start, uses[index].start)
            let high = min(end, uses[index].end)
            guard low < high else { continue }
            if isStore {
                uses[index].stores = Self.hull(uses[index].stores, low..<high)
            } else {
                uses[index].loads = Self.hull(uses[index].loads, low..<high)
            }
        }
    }

    private static func hull(_ one: Range<UInt64>?, _ other: Range<UInt64>) -> Range<UInt64> {
        guard let one else { return other }
        return min(one.lowerBound, other.lowerBound)..<max(one.upperBound, other.upperBound)
    }

    /// The first range that starts at an address or after it.
    private func first(from start: UInt64) -> Int {
        var low = 0
        var high = uses.count
        while low < high {
            let middle = (low + high) / 2
            if uses[middle].start < start { low = middle + 1 } else { high = middle }
        }
        return low
    }

    /// What cores load or store of a part's bytes; nil: nothing.
    func touched(_ part: HandOver.Part) -> Range<UInt64>? {
        guard !isAliased else { return Self.whole(part) }
        guard let use = use(of: part) else { return nil }
        guard let loads = use.loads else { return use.stores }
        return use.stores.map { Self.hull(loads, $0) } ?? loads
    }

    /// What cores store of a part's bytes; nil: nothing.
    func stored(_ part: HandOver.Part) -> Range<UInt64>? {
        isAliased ? Self.whole(part) : use(of: part)?.stores
    }

    private func use(of part: HandOver.Part) -> Use? {
        let end = part.mapped.start &+ part.mapped.size
        var index = first(from: part.start)
        while index < uses.count, uses[index].start == part.start {
            if uses[index].end == end { return uses[index] }
            index += 1
        }
        return nil
    }

    private static func whole(_ part: HandOver.Part) -> Range<UInt64> {
        part.mapped.start..<part.mapped.start &+ part.mapped.size
    }
}

extension Operation {
    /// What a core's loads and stores touch, from the first to the last byte.
    var touches: [(start: UInt64, size: UInt64, isStore: Bool)] {
        switch self {
        case .access(let access, _, _):
            return [(access.address, UInt64(access.size), access.kind.isStore)]
        case .run(let run):
            return [(run.start.address.rawValue, run.extent, run.kind.isStore)]
        case .copy(let copy):
            return [
                (copy.source.address.rawValue, copy.bytes, false),
                (copy.destination.address.rawValue, copy.bytes, true),
            ]
        case .maintenance(let item) where item.instruction == .dcZVA:
            // Whole lines are zeroed, of at most 64 bytes each.
            let first = item.start.address.rawValue & ~63
            let last = (item.start.address.rawValue &+ (max(item.bytes, 1) - 1)) | 63
            return [(first, (last &- first) &+ 1, true)]
        default: return []
        }
    }
}
