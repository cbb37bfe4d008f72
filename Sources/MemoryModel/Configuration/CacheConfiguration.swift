import Quantities

/// Which line leaves a full set.
public enum ReplacementPolicy: String, CaseIterable, Sendable, BitwiseCopyable {
    /// The one used least recently.
    case lru
    /// The one filled first. Also called round robin where one counter serves each set.
    case fifo
    /// The way that one counter for all sets points at; it moves on by one at each replacement.
    case roundRobin = "round_robin"
    /// A way chosen by a seeded generator, as the pseudo-random counters of Cortex cores.
    case random
    /// The way that a binary tree of recent uses points away from. Ways must be a power of two.
    case treePLRU = "plru"
    /// The first way without a used bit; the last bit to be set clears the others.
    case bitPLRU = "bit_plru"
    /// The first way from a pointer on that has not been used since the pointer passed it: one bit a line.
    case nru
    /// Static re-reference interval prediction with two bits a line: filled at 2, 0 when hit, the first 3 leaves.
    case srrip
}

/// By which address a cache finds its set and knows its lines.
public enum CacheIndex: String, CaseIterable, Sendable {
    /// Set and tag by physical address.
    case pipt
    /// Set by virtual address, tag by physical address: one byte may be in two sets where a way is larger than a page.
    case vipt
    /// Set and tag by virtual address: each alias of a byte has a line of its own.
    case vivt
}

/// What a cache loads before it is asked to.
public struct PrefetchConfiguration: Sendable, Hashable {
    /// How it guesses.
    public enum Kind: String, CaseIterable, Sendable {
        /// The line after one that missed.
        case nextLine = "next_line"
        /// Lines at the distance that misses have shown.
        case stride
    }

    /// How it guesses.
    public var kind: Kind
    /// How many streams it follows at once.
    public var streams: Int
    /// How many misses in a row, at one stride, confirm a stream.
    public var trigger: Int
    /// The longest stride, in lines, either way.
    public var maximumStride: Int
    /// How many lines ahead of a confirmed stream it loads.
    public var distance: Int
    /// How many of its lines may be on their way, and more are not asked for; 0: it is turned off.
    public var outstanding: Int
    /// No prefetch crosses a multiple of this many bytes; a power of two.
    public var pageBytes: UInt64

    /// Makes a prefetcher.
    public init(
        kind: Kind, streams: Int = 1, trigger: Int = 1, maximumStride: Int = 1, distance: Int = 1,
        outstanding: Int = 1, pageBytes: UInt64 = 4_096
    ) {
        self.kind = kind
        self.streams = streams
        self.trigger = trigger
        self.maximumStride = maximumStride
        self.distance = distance
        self.outstanding = outstanding
        self.pageBytes = pageBytes
    }
}

extension PrefetchConfiguration {
    /// What is wrong with it, each with the key at fault under `path`.
    func faults(path: String, lineSize: Int) -> [ConfigurationFault] {
        var faults: [ConfigurationFault] = []
        func check(_ key: String, _ value: Int, _ range: ClosedRange<Int>) {
            guard !range.contains(value) else { return }
            faults.append(
                ConfigurationFault(
                    path: "\(path).\(key)", found: "\(value)",
                    expected: "\(range.lowerBound) to \(range.upperBound)"))
        }
        check("streams", streams, 1...64)
        check("trigger", trigger, 1...64)
        check("max_stride", maximumStride, 1...1_024)
        check("distance", distance, 1...64)
        check("outstanding", outstanding, 0...64)
        if pageBytes & (pageBytes &- 1) != 0 || pageBytes < UInt64(lineSize) {
            faults.append(
                ConfigurationFault(
                    path: "\(path).page_bytes", found: "\(pageBytes)",
                    expected: "a power of two, at least a line (\(lineSize) bytes)"))
        }
        return faults
    }
}

/// The geometry and behaviour of one cache.
public struct CacheConfiguration: Sendable, Hashable {
    /// Bytes of data.
    public var size: UInt64
    /// Lines in a set; any number.
    public var ways: Int
    /// Bytes in a line; a power of two.
    public var lineSize: Int
    /// Who leaves a full set.
    public var replacement: ReplacementPolicy
    /// Load-to-use latency of a hit, in core cycles.
    public var hitCycles: Int
    /// Whether a load that misses fills a line.
    public var readAllocates: Bool
    /// Whether a store that misses fills a line.
    public var writeAllocates: Bool
    /// After how many whole lines of consecutive stores stores stop allocating; nil: never.
    public var streamingLines: Int?
    /// By which address it is indexed and tagged.
    public var index = CacheIndex.pipt
    /// Ways locked down: nothing is filled there.
    public var lockedWays = 0
    /// Bytes that one dirty bit stands for, a half or a quarter of the line; nil: the line.
    public var dirtyGranule: Int?
    /// Of L1D and L2: whether the word asked for arrives first; if not, a load waits for the whole line.
    public var criticalWordFirst = true
    /// Of L1D and L2: lines that may be on their way in, for each copy; nil: as many as are asked for.
    public var linefillBuffers: Int?
    /// Of L1D and L2: dirty lines that may be on their way out, for each copy; nil: for L1D any number.
    ///
    /// Without, L2's writes may be as far ahead of memory as all others.
    public var evictionBuffers: Int?
    /// What it loads by itself; nil: nothing.
    public var prefetch: PrefetchConfiguration?

    /// Makes a cache; the policies of a counting cache unless said otherwise.
    public init(
        size: UInt64, ways: Int, lineSize: Int, replacement: ReplacementPolicy = .lru,
        hitCycles: Int = 1, readAllocates: Bool = true, writeAllocates: Bool = true,
        streamingLines: Int? = nil
    ) {
        self.size = size
        self.ways = ways
        self.lineSize = lineSize
        self.replacement = replacement
        self.hitCycles = hitCycles
        self.readAllocates = readAllocates
        self.writeAllocates = writeAllocates
        self.streamingLines = streamingLines
    }

    /// Sets of the cache.
    public var sets: UInt64 { size / UInt64(ways * lineSize) }

    /// Ways that lines are filled into.
    public var openWays: Int { ways - lockedWays }

    /// Bytes of one way: what of an address decides the set.
    public var wayBytes: UInt64 { sets * UInt64(lineSize) }

    /// The granule of translation: 4 KiB on every machine described here.
    public static let pageBytes: UInt64 = 4_096

    /// The faults of this geometry, each with the key at fault under `path`; empty if it can be built.
    public func faults(path: String) -> [ConfigurationFault] {
        var faults: [ConfigurationFault] = []
        func add(_ key: String, _ found: String, _ expected: String) {
            faults.append(
                ConfigurationFault(path: "\(path).\(key)", found: found, expected: expected))
        }
        if lineSize < 4 || lineSize > 1_024 || lineSize & (lineSize - 1) != 0 {
            add("line", "\(lineSize)", "a power of two from 4 to 1024 bytes")
        }
        if ways < 1 || ways > 64 { add("ways", "\(ways)", "1 to 64") }
        guard faults.isEmpty else { return faults }
        let perWay = UInt64(ways * lineSize)
        let sets = size / perWay
        if size == 0 || size % perWay != 0 || sets & (sets - 1) != 0 || size > 1 << 30 {
            add(
                "size", "\(size)",
                "ways × line × a power of two (ways × line is \(perWay) bytes), at most 1 GiB")
        }
        if lockedWays < 0 || lockedWays >= ways {
            add("locked_ways", "\(lockedWays)", "0 to ways - 1 (\(ways - 1))")
        } else if replacement == .treePLRU && openWays & (openWays - 1) != 0 {
            add("replacement", "plru with \(openWays) ways", "a power of two ways for plru")
        }
        if replacement == .srrip && openWays > 32 {
            add("replacement", "srrip with \(openWays) ways", "at most 32 ways for srrip")
        }
        if let granule = dirtyGranule, granule * 2 != lineSize, granule * 4 != lineSize {
            add("dirty_granule", "\(granule)", "half or a quarter of the line (\(lineSize) bytes)")
        }
        if let buffers = linefillBuffers, buffers < 1 || buffers > 64 {
            add("linefill_buffers", "\(buffers)", "1 to 64")
        }
        if let buffers = evictionBuffers, buffers < 1 || buffers > 64 {
            add("eviction_buffers", "\(buffers)", "1 to 64")
        }
        if index == .vipt, wayBytes > 8 * Self.pageBytes {
            add("index", "vipt with ways of \(wayBytes) bytes", "at most 8 pages of 4 KiB a way")
        }
        faults += prefetch?.faults(path: "\(path).prefetch", lineSize: lineSize) ?? []
        if hitCycles < 1 || hitCycles > 10_000 { add("hit_cycles", "\(hitCycles)", "1 to 10000") }
        if let lines = streamingLines, lines < 1 || lines > 1 << 20 {
            add("streaming_lines", "\(lines)", "1 to 1048576 lines")
        }
        return faults
    }
}

/// One thing wrong with a machine description.
public struct ConfigurationFault: Error, Hashable, Sendable, CustomStringConvertible {
    /// The key at fault, with dots: `l1d.size`.
    public var path: String
    /// What stood there.
    public var found: String
    /// What may stand there, with its unit.
    public var expected: String

    /// Makes a fault.
    public init(path: String, found: String, expected: String) {
        self.path = path
        self.found = found
        self.expected = expected
    }

    /// The fault in one line.
    public var description: String { "\(path): found \(found), expected \(expected)" }
}

/// All that is wrong with a machine description, at once.
public struct ConfigurationFaults: Error, Hashable, Sendable, CustomStringConvertible {
    /// The faults, in the order of the keys.
    public var faults: [ConfigurationFault]

    /// Makes the error.
    public init(_ faults: [ConfigurationFault]) { self.faults = faults }

    /// One line for each fault.
    public var description: String { faults.map(\.description).joined(separator: "\n") }
}
