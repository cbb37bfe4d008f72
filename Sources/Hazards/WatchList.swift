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

    /// Makes an empty list.
    public init() {}

    /// Collects what a program's devices touch and its calls name, widened to whole lines of `lineSize`.
    public init(_ program: Program, lineSize: UInt64) {
        for statement in program.statements {
            guard case .operation(_, let operation) = statement.body else { continue }
            switch operation {
            case .device(let device): add(device.start.address.rawValue, device.bytes, lineSize)
            case .dma(let call):
                for segment in call.segments {
                    add(segment.start.address.rawValue, segment.size, lineSize)
                }
            default: break
            }
        }
        merge()
    }

    private mutating func add(_ start: UInt64, _ size: UInt64, _ lineSize: UInt64) {
        guard size > 0 else { return }
        let step = max(lineSize, Self.granule)
        let first = start / step * step
        let last = (start &+ size &- 1) / step * step
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
    }

    /// Whether a granule is watched.
    ///
    /// - Complexity: O(log *n*) in the number of ranges.
    public func contains(granule: UInt64) -> Bool {
        var low = 0
        var high = ranges.count
        while low < high {
            let middle = (low + high) / 2
            if ranges[middle].upperBound <= granule { low = middle + 1 } else { high = middle }
        }
        return low < ranges.count && ranges[low].contains(granule)
    }
}
