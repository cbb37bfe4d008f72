import Operations
import Quantities

/// One thing that takes effect at the lines that a search is about.
struct ProofNode: Hashable, Sendable {
    /// What takes effect.
    enum Kind: Hashable, Sendable {
        /// A core loads.
        case load(isCached: Bool)
        /// A core stores; the bytes get where its memory type sends them.
        case store(MemoryType)
        /// Maintenance of the core's own caches.
        case maintain(Maintenance.Instruction)
        /// An operation of the outer cache, in its own time.
        case outer(Maintenance.Instruction)
        /// `CACHE SYNC`: the outer cache's buffers are empty, its operations complete.
        case outerSync
        /// A DSB of everything: what stands before it is complete.
        case fence
        /// A doorbell.
        case ring
        /// A completion is observed.
        case wait
        /// A device reads memory.
        case deviceRead
        /// A device writes memory.
        case deviceWrite
    }

    /// What takes effect.
    var kind: Kind
    /// Who does it.
    var agent: Agent
    /// The statement.
    var record: UInt32
    /// The classes of bytes that it touches, for each line.
    var classes: [UInt64] = []
    /// The classes that maintenance names, for each line: it may touch more than it names.
    var named: [UInt64] = []
    /// The device that acts, is rung or waited for: its place in ``ProofProblem/devices``.
    var device = 0
    /// Its number among what its device does, from 1.
    var ordinal: UInt16 = 0
    /// The doorbell, or the last completion seen since, that a device's operation follows; -1: nobody has ever sent
    /// the device, and it takes its turn in the trace.
    var bell = -1
    /// For a device's write the last store of a core that the device can have seen before; -1: none.
    var lastVisible = -1
    /// Whether it is the kernel's copy out of a bounce buffer, of bytes that nobody may need.
    var isKernelCopy = false
    /// Whether a device looks into caches.
    var snoops = false
    /// Whether a load may perform before earlier ones.
    var isEarly = false
    /// For each device the last of its writes that an earlier load may tell an early load's core of; -1: none.
    var flags: [Int] = []
    /// For each device its last write that a load before has told an early load's core of, as the program goes on: it
    /// polls, and barriers order the two loads; -1: none.
    var polled: [Int] = []
    /// How many barriers for stores stand before it.
    var storeBarriers = 0
    /// How many barriers for loads stand before it.
    var loadBarriers = 0
    /// What takes effect before it.
    var before: [Int] = []
    /// For each line whether a cache may load it, unasked, before this takes effect.
    var canFill: [Bool] = []
    /// For each line whether that is so only until its memory is made uncached, directly before this.
    var isUncachedNow: [Bool] = []

    /// Whether it is a device's.
    var isDevice: Bool { kind == .deviceRead || kind == .deviceWrite }
    /// Whether a device does it in the trace's turn.
    var isInTurn: Bool { isDevice && bell < 0 }
    /// Whether it may wait while the core goes on.
    var canWait: Bool {
        switch kind {
        case .store, .maintain, .outer: true
        default: false
        }
    }
    /// Whether a core stores.
    var isStore: Bool {
        if case .store = kind { true } else { false }
    }
    /// Whether it drops dirty bytes that it names.
    var drops: Bool {
        switch kind {
        case .maintain(let instruction), .outer(let instruction):
            instruction.invalidates && !instruction.cleans
        default: false
        }
    }
    /// Whether a core loads.
    var isLoad: Bool {
        if case .load = kind { true } else { false }
    }
}

/// One line, or two lines of which one tells of the other, with all that touches them.
struct ProofProblem: Hashable, Sendable {
    /// A line.
    struct Line: Hashable, Sendable {
        /// How many classes of bytes: bytes of one class are touched by the same operations.
        var classes: Int
        /// For each class the bytes of the line.
        var bytes: [UInt64]
        /// Whether a cache may load it, unasked, after all.
        var canFillAtEnd: Bool
    }

    /// The lines.
    var lines: [Line]
    /// What happens, in the order of the trace.
    var nodes: [ProofNode]
    /// The devices that touch the lines.
    var devices: [Agent]
    /// Whether there is an outer cache.
    var hasOuter: Bool
    /// Whether caches load lines unasked.
    var speculates: Bool

    /// The physical addresses of the lines; they are no part of what makes two problems equal.
    var addresses = Addresses()

    /// Where a problem's lines are.
    struct Addresses: Hashable, Sendable {
        var lines: [UInt64] = []
        /// The same by an address that caches them, if there is one.
        var cached: [UInt64] = []
        static func == (_: Self, _: Self) -> Bool { true }
        func hash(into _: inout Hasher) {}
    }
}
