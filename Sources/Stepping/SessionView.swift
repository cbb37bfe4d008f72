/// Everything that is drawn of a session at one position, as plain values.
///
/// Addresses are physical; texts of places, agents and states are those of `check`.
public struct SessionView: Codable, Hashable, Sendable {
    /// A statement, or one operation of it.
    public struct Moment: Codable, Hashable, Sendable {
        /// The number of the statement, from 1; 0: what is under way at the end.
        public var record: Int
        /// The line of the trace, from 1; 0: none.
        public var line: Int
        /// Who does it.
        public var agent: String
        /// The line as it stands in the trace, or what it says.
        public var text: String
        /// What the machine performs; nil: nothing.
        public var operation: String?
        /// Where it stands in the source of what was traced; nil: the trace does not say.
        public var source: String?
    }

    /// A core and what its time went to.
    public struct Core: Codable, Hashable, Sendable {
        /// `core0`.
        public var name: String
        /// All its cycles so far.
        public var cycles: UInt64
        /// The causes that took cycles, from the core outwards.
        public var causes: [Share]
    }

    /// Cycles by cause.
    public struct Share: Codable, Hashable, Sendable {
        /// The cause's word.
        public var cause: String
        /// Cycles.
        public var cycles: UInt64
    }

    /// Bytes of one version in a row.
    public struct Bytes: Codable, Hashable, Sendable {
        /// The first one's place in the line.
        public var start: Int
        /// How many.
        public var count: Int
        /// Their version.
        public var version: UInt32
    }

    /// An entry of a buffer.
    public struct Entry: Codable, Hashable, Sendable {
        /// Which buffer.
        public var place: String
        /// What it holds, oldest first.
        public var stores: [Store]
    }

    /// A store in a buffer.
    public struct Store: Codable, Hashable, Sendable {
        /// The first byte.
        public var address: UInt64
        /// Its name.
        public var name: String
        /// How many bytes.
        public var size: UInt32
        /// Their version.
        public var version: UInt32
    }

    /// A copy of a line.
    public struct Copy: Codable, Hashable, Sendable {
        /// `L1D0`, `L2`, `DRAM`.
        public var place: String
        /// The set that the line lies in; nil for memory.
        public var set: UInt64?
        /// Whether it has bytes that memory has not got from it yet.
        public var isDirty: Bool
        /// Those bytes, a bit each.
        public var dirty: UInt64
        /// How old its oldest bytes are.
        public var freshness: Freshness
        /// Bytes that are not the youngest, a bit each.
        public var old: UInt64
        /// Its bytes; those that it has not got are left out.
        public var bytes: [Bytes]
        /// Why it came, and from where; nil for memory.
        public var origin: String?
    }

    /// A line of memory with all its copies.
    public struct Line: Codable, Hashable, Sendable {
        /// Its first byte.
        public var address: UInt64
        /// The name of its first named byte.
        public var name: String
        /// Caches from the cores outwards, memory last.
        public var copies: [Copy]

        /// The worst of its copies in caches, and of memory.
        public var freshness: Freshness { copies.map(\.freshness).max() ?? .fresh }
    }

    /// Something that a device has to do.
    public struct Work: Codable, Hashable, Sendable {
        /// The line of its statement.
        public var line: Int
        /// What.
        public var text: String
        /// Whether it has begun.
        public var isRunning: Bool
        /// Bytes moved.
        public var moved: UInt64
        /// Bytes in all; nil: an engine's own operation.
        public var total: UInt64?
    }

    /// A device.
    public struct Device: Codable, Hashable, Sendable {
        /// Its name.
        public var name: String
        /// The port it sits on.
        public var port: String
        /// Whether its transactions look into the caches.
        public var snoops: Bool
        /// What it has not finished.
        public var work: [Work]
        /// Operations that it has finished.
        public var finished: Int
        /// Bytes read so far.
        public var read: UInt64
        /// Bytes written so far.
        public var written: UInt64
    }

    /// A mapping or an allocation.
    public struct Mapping: Codable, Hashable, Sendable {
        /// The handle's name.
        public var name: String
        /// Its device; nil: the call does not say.
        public var device: String?
        /// The direction; nil for allocations.
        public var direction: String?
        /// The first byte of each range, and how many bytes it has.
        public var ranges: [Span]
        /// Whose the bytes are.
        public var owner: Owner
        /// The line that last changed that.
        public var line: Int
    }

    /// Some bytes.
    public struct Span: Codable, Hashable, Sendable {
        /// The first one.
        public var start: UInt64
        /// How many.
        public var size: UInt64
    }

    /// A finding.
    public struct Found: Codable, Hashable, Sendable {
        /// `H08`.
        public var code: String
        /// `manifest`, `latent` or `misuse`.
        public var verdict: String
        /// The line at which it shows.
        public var line: Int
        /// The position at which it shows.
        public var position: Int
        /// Who read wrong bytes, or whose bytes were lost.
        public var agent: String
        /// The first byte.
        public var address: UInt64
        /// How many.
        public var bytes: UInt64
        /// What is wrong.
        public var detail: String
        /// Why.
        public var cause: String
        /// What mends it.
        public var mend: String
    }

    /// A write that some shown copy has bytes of.
    public struct Version: Codable, Hashable, Sendable {
        /// Its number; 0 is what was there at the start.
        public var number: UInt32
        /// Who wrote; empty for 0.
        public var writer: String
        /// The line; 0 for 0.
        public var line: Int
        /// When, in nanoseconds.
        public var nanoseconds: Double
        /// The value, where the trace gives one.
        public var value: UInt64?
        /// Where the value's lowest byte is.
        public var address: UInt64
        /// How many bytes were written.
        public var size: UInt32
    }

    /// The machine's name.
    public var machine: String
    /// The kernel.
    public var kernel: String
    /// How many steps were taken.
    public var position: Int
    /// How many there are.
    public var count: Int
    /// The step that was taken last; nil at the start.
    public var last: Moment?
    /// The step that comes next; nil at the end.
    public var next: Moment?
    /// Time so far, in nanoseconds.
    public var nanoseconds: Double
    /// The cores.
    public var cores: [Core]
    /// What waits in buffers, oldest first.
    public var buffers: [Entry]
    /// Bytes of a line.
    public var lineSize: Int
    /// The lines that were touched, ascending.
    public var lines: [Line]
    /// Lines of which nothing is kept, as there are too many.
    public var untracked: Int
    /// Bytes that went over memory's pins.
    public var memoryTraffic: UInt64
    /// The devices.
    public var devices: [Device]
    /// Mappings and allocations.
    public var mappings: [Mapping]
    /// The findings that have shown so far.
    public var findings: [Found]
    /// The writes that the shown bytes are of, ascending.
    public var versions: [Version]
}
