import Quantities

/// A cache maintenance operation.
public struct Maintenance: Hashable, Sendable, BitwiseCopyable {
    /// Which operation; the raw values are those of the binary format.
    public enum Instruction: UInt8, CaseIterable, Sendable, BitwiseCopyable {
        /// Clean by address to the Point of Coherency.
        case dcCVAC
        /// Clean and invalidate by address to the Point of Coherency.
        case dcCIVAC
        /// Invalidate by address to the Point of Coherency.
        case dcIVAC
        /// Clean by address to the Point of Unification.
        case dcCVAU
        /// Zero a block.
        case dcZVA
        /// Clean by set and way, the whole level.
        case dcCSW
        /// Clean and invalidate by set and way, the whole level.
        case dcCISW
        /// Invalidate by set and way, the whole level.
        case dcISW
        /// Invalidate instructions by address to the Point of Unification.
        case icIVAU
        /// Invalidate all instructions to the Point of Unification, of the core that asks alone.
        case icIALLU
        /// Clean an outer cache by physical address.
        case outerClean
        /// Invalidate an outer cache by physical address.
        case outerInvalidate
        /// Clean and invalidate an outer cache by physical address.
        case outerCleanAndInvalidate
        /// Clean and invalidate all ways of an outer cache.
        case outerCleanAndInvalidateWays
        /// Wait until the outer cache's buffers are empty (PL310 `CACHE SYNC`).
        case outerSync
        /// Invalidate all instructions to the Point of Unification, of every core (inner shareable).
        case icIALLUIS
        /// Invalidate all ways of an outer cache: dirty lines are lost.
        case outerInvalidateWays

        /// Whether the operation goes to an outer cache's controller, not through the core's own hierarchy.
        public var isOuter: Bool {
            rawValue >= Self.outerClean.rawValue && rawValue <= Self.outerSync.rawValue
                || self == .outerInvalidateWays
        }

        /// Whether the operation names bytes.
        public var isByAddress: Bool {
            switch self {
            case .dcCSW, .dcCISW, .dcISW, .icIALLU, .icIALLUIS: false
            case .outerCleanAndInvalidateWays, .outerInvalidateWays, .outerSync: false
            default: true
            }
        }

        /// Whether the operation is by address and goes to the Point of Coherency.
        public var reachesCoherency: Bool {
            switch self {
            case .dcCVAC, .dcCIVAC, .dcIVAC: true
            default: false
            }
        }

        /// Whether dirty data is written on.
        public var cleans: Bool {
            switch self {
            case .dcCVAC, .dcCIVAC, .dcCVAU, .dcCSW, .dcCISW: true
            case .outerClean, .outerCleanAndInvalidate, .outerCleanAndInvalidateWays: true
            default: false
            }
        }

        /// Whether data lines go.
        public var invalidates: Bool {
            switch self {
            case .dcCIVAC, .dcIVAC, .dcCISW, .dcISW: true
            case .outerInvalidate, .outerCleanAndInvalidate, .outerCleanAndInvalidateWays,
                .outerInvalidateWays:
                true
            default: false
            }
        }
    }

    /// Which operation.
    public var instruction: Instruction
    /// The first byte, for operations by address.
    public var start: Operand
    /// How many bytes: every line touched, in ascending order.
    ///
    /// 0: the one line that holds `start`.
    public var bytes: UInt64
    /// The level of a set/way operation, from 1; 0: all levels of the core's hierarchy.
    public var level: UInt8

    /// Makes an operation.
    public init(
        _ instruction: Instruction, at start: Operand = Operand(0), bytes: UInt64 = 0,
        level: UInt8 = 0
    ) {
        self.instruction = instruction
        self.start = start
        self.bytes = bytes
        self.level = level
    }
}

/// Something the architecture allows and the program does not ask for, pinned by a trace or a schedule (`env`).
public struct EnvironmentEvent: Hashable, Sendable, BitwiseCopyable {
    /// What happens.
    public enum Kind: String, CaseIterable, Sendable, BitwiseCopyable {
        /// The line leaves a cache, written back if dirty.
        case evict
        /// A speculative linefill.
        case fill
        /// Stores leave the store buffer.
        case drain
        /// Nothing leaves the store buffer until a barrier for others that waits for it, or a `drain`.
        case hold
        /// The next load of these bytes performs before earlier loads.
        case late
        /// The core leaves the coherent cores (its SMP bit is cleared); its lines stay as they are.
        case leave
        /// The core joins the coherent cores.
        case join
        /// The core's next statement stops after so many of its maintenance operations, as an interrupt or another
        /// core's turn would stop it there.
        case pause
        /// The core goes on with the statement that it stopped in.
        case resume
    }

    /// Which cache or buffer.
    public enum Target: Hashable, Sendable, BitwiseCopyable {
        /// Every cache that can hold the line.
        case everywhere
        /// A core's own caches or store buffer.
        case core(Int)
        /// The L2, integrated or outer.
        case level2
    }

    /// What happens.
    public var kind: Kind
    /// To which bytes; without meaning for `hold`, `leave`, `join` and for a `drain` of everything.
    public var start: Operand
    /// How many bytes; 0: the one line, or everything for a `drain` without an address.
    ///
    /// Of a `pause`: how many maintenance operations are performed before it.
    public var bytes: UInt64
    /// Where.
    public var target: Target

    /// Makes an event.
    public init(
        _ kind: Kind, at start: Operand = Operand(0), bytes: UInt64 = 0,
        in target: Target = .everywhere
    ) {
        self.kind = kind
        self.start = start
        self.bytes = bytes
        self.target = target
    }
}
