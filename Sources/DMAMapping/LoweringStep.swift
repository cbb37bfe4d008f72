import Operations

/// What is done to the lines of a range, in the words of the kernel's tables.
public enum RangeOperation: String, CaseIterable, Hashable, Sendable {
    /// Dirty lines are written on and stay.
    case clean
    /// Lines go, dirty or not. Lines that the range covers in part are cleaned first.
    case invalidate
    /// Dirty lines are written on; all lines go. The kernel says flush.
    case cleanAndInvalidate = "clean and invalidate"
}

/// One step of a call before it meets an address: what the tables are made of and `explain` prints.
public enum LoweringStep: Hashable, Sendable, CustomStringConvertible {
    /// The core's own maintenance instructions over the range, then the routine's barrier.
    case inner(RangeOperation)
    /// The outer cache's controller over the range, then a cache sync.
    case outer(RangeOperation)
    /// The core stores zeros over the range, through whatever memory type it has by then.
    case zero
    /// The core copies the range to the bounce slot that the device has instead.
    case bounceOut
    /// The core copies the slot's bytes back to the range.
    case bounceBack
    /// The range gets another memory type.
    case setMemoryType(MemoryType)
    /// The range gets a further mapping, with this memory type.
    case map(MemoryType)
    /// The further mapping goes.
    case unmap

    /// The step in words.
    public var description: String {
        switch self {
        case .inner(let operation): "the core's caches: \(operation.rawValue) the range"
        case .outer(let operation):
            "the outer cache: \(operation.rawValue) the range"
        case .zero: "store zeros over the range"
        case .bounceOut: "copy the range to its bounce slot"
        case .bounceBack: "copy the bounce slot back to the range"
        case .setMemoryType(let type): "map the range as \(type.name)"
        case .map(let type): "map the range a second time, as \(type.name)"
        case .unmap: "take the second mapping of the range away"
        }
    }
}
