import Quantities

/// Which line leaves a full set.
public enum ReplacementPolicy: String, CaseIterable, Sendable {
    /// The one used least recently.
    case lru
    /// The one filled first. Also called round robin where one counter serves each set.
    case fifo
    /// A way chosen by a seeded generator, as the pseudo-random counters of Cortex cores.
    case random
    /// The way that a binary tree of recent uses points away from. Ways must be a power of two.
    case treePLRU = "plru"
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
        if replacement == .treePLRU && ways & (ways - 1) != 0 {
            add("replacement", "plru with \(ways) ways", "a power of two ways for plru")
        }
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
