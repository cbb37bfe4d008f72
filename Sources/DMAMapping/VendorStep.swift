import Operations

/// One step of a library's function before it meets an address: what its table is made of and `explain` prints.
enum VendorStep: Hashable, Sendable {
    /// A barrier.
    case barrier(Barrier)
    /// The outer cache's controller is told to empty its buffers.
    case cacheSync
    /// One instruction for all lines: by set and way of a level (0: of all), or all ways of the outer cache.
    case all(Maintenance.Instruction, level: UInt8 = 0)
    /// A loop over lines, and what is done each time round.
    case lines(LineLoop, by: Stride = .line, [Action] = [.core])
    /// Steps that are there only where there is an outer cache.
    case besideOuter([VendorStep])

    /// What is done for each step of a loop.
    enum Action: Hashable, Sendable {
        /// The core's instruction.
        case core
        /// The outer cache's operation, by the very address: these libraries translate none.
        case outer
        /// The outer cache's controller is told to empty its buffers.
        case cacheSync
        /// A barrier.
        case barrier(Barrier)
    }

    /// What a loop steps by.
    enum Stride: Hashable, Sendable {
        /// A line, as the processor says: the outer cache's where the loop is about it alone.
        case line
        /// So many bytes, whatever the processor has.
        case bytes(UInt64)
        /// A fraction of a line, where the code misreads the register that says how long one is.
        case lineDivided(by: UInt64)
    }

    static let dsb = VendorStep.barrier(Barrier(.dsb))
    static let dsbStores = VendorStep.barrier(Barrier(.dsb, .fullSystem, .stores))
    static let dmb = VendorStep.barrier(Barrier(.dmb))
    static let isb = VendorStep.barrier(Barrier(.isb))
}

extension VendorStep.Action {
    /// Whether it is about an outer cache.
    var isOuter: Bool { self == .outer || self == .cacheSync }

    fileprivate var words: String {
        switch self {
        case .core: "the core's caches"
        case .outer: "the outer cache"
        case .cacheSync: "cache sync"
        case .barrier(let barrier): barrier.words
        }
    }
}

extension VendorStep: CustomStringConvertible {
    /// The step in words.
    var description: String {
        switch self {
        case .barrier(let barrier): barrier.words
        case .cacheSync: "cache sync"
        case .all(let instruction, let level):
            "\(instruction.isOuter ? "the outer cache" : "the core's caches"): "
                + "\(instruction.operationWords) \(instruction.isOuter ? "all ways" : "every set and way")"
                + (level > 0 ? " of level \(level)" : "")
        case .lines(let loop, let stride, let actions):
            actions.map(\.words).joined(separator: ", ") + ": " + loop.words + stride.words
        case .besideOuter(let steps): steps.map(\.description).joined(separator: "; ")
        }
    }
}

extension VendorStep.Stride {
    fileprivate var words: String {
        switch self {
        case .line: ""
        case .bytes(let bytes): ", every \(bytes) bytes"
        case .lineDivided(let part): ", every 1/\(part) of a line"
        }
    }
}

extension LineLoop {
    /// The loop in words: what is done to partial lines, and to the range.
    fileprivate var words: String {
        var parts: [String] = []
        let partial = partialFirst.isEmpty ? partialLast : partialFirst
        if !partial.isEmpty {
            parts.append("\(Self.names(partial)) lines covered in part")
        }
        if !body.isEmpty {
            let whole = startsAtWholeLine || skipsPartialLast
            parts.append("\(Self.names(body)) \(whole ? "whole lines of the range" : "the range")")
        }
        return parts.joined(separator: ", ")
    }

    private static func names(_ operations: [RangeOperation]) -> String {
        operations.map(\.rawValue).joined(separator: ", then ")
    }
}

extension Maintenance.Instruction {
    fileprivate var operationWords: String {
        cleans ? invalidates ? "clean and invalidate" : "clean" : "invalidate"
    }
}

extension Barrier {
    fileprivate var words: String {
        switch instruction {
        case .isb: "isb"
        case .dmb: "dmb" + suffix
        case .dsb: "dsb" + suffix
        }
    }

    private var suffix: String {
        switch accesses {
        case .all: ""
        case .stores: " st"
        case .loads: " ld"
        }
    }
}
