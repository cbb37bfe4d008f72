import Operations
import Quantities

// The counting machine behind `replay --plain`: no time, no store buffer, no prefetch. L1I and L1D over one
// unified level 2, all LRU or FIFO, write-back, write-allocate. A dirty L1 victim is written to level 2 after the
// demand fetch, and allocates there. It has no probe: it counts and nothing else, so that it can keep up with a loop
// written by hand. That the full machine gives the same counts is a test (`PlainAgreementTests`), as is that the fast
// path in `PlainGate` changes none (`PlainReferenceTests`).

/// A machine that counts.
public struct PlainHierarchy: ~Copyable {
    var instruction: PlainCache
    var data: PlainCache
    var level2: PlainCache
    let gate: PlainGate
    let hasInstruction: Bool
    let hasLevel2: Bool
    let straddle: StraddleRule
    let fetchesWholeLines: Bool
    let isVictimLevel2: Bool
    /// The kinds that use data, and those of them that store: bits by raw value, for a test without a branch.
    private let dataKinds: UInt64
    private let storeKinds: UInt64
    /// Level 2's read misses by what caused them.
    public internal(set) var level2Misses = PlainMissKinds()
    /// What level 1 asked of a level 2 that is not there, if it is recorded, since it was last taken.
    private var requests: [MemoryAccess] = []
    let recordsRequests: Bool
    let feedsLevel2: Bool

    /// Builds empty caches.
    ///
    /// - Parameters:
    ///   - configuration: Which, and what is counted.
    ///   - recordsRequests: Whether what level 1 asks of level 2 is kept in `requests`; without a level 2 only.
    /// - Throws: ``ConfigurationFaults`` with everything that is wrong in any cache.
    public init(
        _ configuration: PlainConfiguration, recordsRequests: Bool = false
    ) throws(ConfigurationFaults) {
        let faults = configuration.faults
        if !faults.isEmpty { throw ConfigurationFaults(faults) }
        precondition(!recordsRequests || configuration.level2 == nil)
        self.recordsRequests = recordsRequests
        feedsLevel2 =
            configuration.forwardsVictims && (recordsRequests || configuration.level2 != nil)
        let nothing = CacheConfiguration(size: 64, ways: 1, lineSize: 64)
        let keepsOrder = configuration.storesKeepOrder
        instruction = PlainCache(
            configuration.level1Instruction ?? nothing, storesKeepOrder: keepsOrder)
        data = PlainCache(configuration.level1Data, storesKeepOrder: keepsOrder)
        level2 = PlainCache(configuration.level2 ?? nothing, storesKeepOrder: keepsOrder)
        hasInstruction = configuration.level1Instruction != nil
        hasLevel2 = configuration.level2 != nil
        straddle = configuration.straddle
        fetchesWholeLines = configuration.fetchesWholeLines
        isVictimLevel2 = configuration.inclusion == .victim
        dataKinds = Self.bits { ![.fetch, .prefetch, .copyBack, .invalidate].contains($0) }
        storeKinds = Self.bits { $0.isStore }
        gate = PlainGate(data: data, instruction: instruction, hasInstruction: hasInstruction)
    }

    private static func bits(_ isWanted: (AccessKind) -> Bool) -> UInt64 {
        AccessKind.allCases.filter(isWanted).reduce(0) { $0 | 1 &<< UInt64($1.rawValue) }
    }

    /// The counts so far.
    ///
    /// `dirtyAtEnd` is worked out on the way. nil for a cache that is not there.
    public var counts: (instruction: PlainCounts?, data: PlainCounts, level2: PlainCounts?) {
        counts(withDirty: true)
    }

    /// The counts so far.
    ///
    /// - Parameter withDirty: Whether `dirtyAtEnd` is worked out, which looks at every line.
    /// - Returns: the counts; nil for a cache that is not there.
    public func counts(
        withDirty: Bool
    ) -> (instruction: PlainCounts?, data: PlainCounts, level2: PlainCounts?) {
        var data = self.data.counts
        var level2 = self.level2.counts
        if withDirty {
            data.dirtyAtEnd = self.data.dirtyCount
            level2.dirtyAtEnd = self.level2.dirtyCount
        }
        return (hasInstruction ? instruction.counts : nil, data, hasLevel2 ? level2 : nil)
    }

    /// Counts accesses.
    ///
    /// - Complexity: O(*w*) an access in the associativity *w*, mostly one compare.
    public mutating func replay(_ accesses: UnsafeBufferPointer<MemoryAccess>) {
        guard var access = UnsafePointer(accesses.baseAddress) else { return }
        let end = access + accesses.count
        while access < end {
            var gate = self.gate.open
            let last = access + min(HitCounts.most, end - access)
            while true {
                access = gate.pass(access, to: last)
                guard access < last else { break }
                perform(access.pointee)
                access += 1
            }
            data.counts.reads &+= gate.counts.loads
            data.counts.writes &+= gate.counts.stores
            instruction.counts.reads &+= gate.counts.fetches
        }
    }

    /// Takes what level 1 has asked of level 2 since the last time, if it is recorded.
    ///
    /// Each counts once, whatever lines it touches: for a ``StackCounter`` of the unified side with
    /// ``StraddleRule/once``.
    public mutating func takeRequests() -> [MemoryAccess] {
        defer { requests.removeAll(keepingCapacity: true) }
        return requests
    }

    // MARK: Level 1

    /// The last line that an access touches, of those that count.
    @inline(__always)
    private func lastLine(_ access: MemoryAccess, _ first: UInt64, _ shift: UInt64) -> UInt64 {
        straddle == .first
            ? first : max(first, (access.address &+ UInt64(access.size) &- 1) &>> shift)
    }

    /// Performs one access with all that belongs to it.
    @inline(never)
    private mutating func perform(_ access: MemoryAccess) {
        let kind = UInt64(access.kind.rawValue)
        guard dataKinds &>> kind & 1 == 1 else { return performOther(access) }
        let dirty = storeKinds &>> kind & 1
        let first = access.address &>> data.shift
        if first == (access.address &+ UInt64(access.size) &- 1) &>> data.shift {
            data.counts.reads &+= 1 &- dirty
            data.counts.writes &+= dirty
            useData(first, access, dirty)
        } else {
            useDataLines(access, dirty)
        }
    }

    /// Performs what is not an access to data.
    @inline(never)
    private mutating func performOther(_ access: MemoryAccess) {
        switch access.kind {
        case .fetch: fetch(access)
        case .copyBack, .invalidate: performCacheRecord(access)
        default: break
        }
    }

    /// Uses one line of the data cache.
    @inline(__always)
    private mutating func useData(_ line: UInt64, _ access: MemoryAccess, _ dirty: UInt64) {
        let victim = data.use(line, dirty: dirty)
        gate.refresh(line, data: data)
        if let victim { missData(line, victim, access, dirty) }
    }

    @inline(never)
    private mutating func missData(
        _ line: UInt64, _ victim: UInt64, _ access: MemoryAccess, _ dirty: UInt64
    ) {
        countDataMiss(dirty)
        if isFetched(line, access, dirty) { readLevel2(for: access, line &<< data.shift) }
        evict(victim)
    }

    /// Uses the lines that an access crosses, as far as they count.
    @inline(never)
    private mutating func useDataLines(_ access: MemoryAccess, _ dirty: UInt64) {
        let first = access.address &>> data.shift
        let last = lastLine(access, first, data.shift)
        let accesses = straddle == .split ? last &- first &+ 1 : 1
        data.counts.reads &+= dirty == 0 ? accesses : 0
        data.counts.writes &+= dirty == 0 ? 0 : accesses
        if straddle == .once {
            useDataOnce(first...last, access, dirty)
        } else {
            for line in first...last { useData(line, access, dirty) }
        }
    }

    /// Uses all lines of an access that counts, and misses, once at each level.
    @inline(never)
    private mutating func useDataOnce(
        _ lines: ClosedRange<UInt64>, _ access: MemoryAccess, _ dirty: UInt64
    ) {
        var (misses, isRead) = (false, false)
        for line in lines {
            let victim = data.use(line, dirty: dirty)
            gate.refresh(line, data: data)
            guard let victim else { continue }
            if !misses { countDataMiss(dirty) }
            misses = true
            if !isRead && isFetched(line, access, dirty) {
                isRead = true
                readLevel2(for: access, line &<< data.shift)
            }
            evict(victim)
        }
    }

    @inline(__always)
    private mutating func countDataMiss(_ dirty: UInt64) {
        data.counts.readMisses &+= 1 &- dirty
        data.counts.writeMisses &+= dirty
    }

    /// Whether a line that missed is read from below: a store that covers all of it needs nothing of it.
    @inline(__always)
    private func isFetched(_ line: UInt64, _ access: MemoryAccess, _ dirty: UInt64) -> Bool {
        if dirty == 0 || fetchesWholeLines || straddle == .first { return true }
        let start = line &<< data.shift
        let last = access.address &+ UInt64(access.size) &- 1
        return access.address > start || last < start &+ (1 &<< data.shift &- 1)
    }

    private mutating func fetch(_ access: MemoryAccess) {
        guard hasInstruction else { return }
        let first = access.address &>> instruction.shift
        let last = lastLine(access, first, instruction.shift)
        instruction.counts.reads &+= straddle == .split ? last &- first &+ 1 : 1
        var misses = false
        var line = first
        while true {
            let victim = instruction.use(line, dirty: 0)
            gate.refresh(line, instruction: instruction)
            if let victim {
                if straddle != .once || !misses { missFetch(access, line &<< instruction.shift) }
                misses = true
                if isVictimLevel2 { writeLevel2(victim, instruction.shift) }
            }
            if line == last { break }
            line &+= 1
        }
    }

    @inline(never)
    private mutating func missFetch(_ access: MemoryAccess, _ start: UInt64) {
        instruction.counts.readMisses &+= 1
        readLevel2(for: access, start)
    }

    // MARK: Level 2

    /// Lets an entry of the data cache go.
    @inline(__always)
    private mutating func evict(_ victim: UInt64) {
        if PlainCache.isDirty(victim) {
            writeBack(victim)
        } else if isVictimLevel2 {
            writeLevel2(victim, data.shift)
        }
    }

    /// Writes a dirty entry of the data cache back.
    private mutating func writeBack(_ entry: UInt64) {
        data.counts.writebacks &+= 1
        if feedsLevel2 { writeLevel2(entry, data.shift) }
    }

    /// Puts an entry of level 1 into level 2.
    @inline(never)
    private mutating func writeLevel2(_ entry: UInt64, _ shift: UInt64) {
        guard entry != PlainCache.empty else { return }
        guard hasLevel2 else {
            return requests.append(
                MemoryAccess(.store, at: (entry &>> 1) &<< shift, size: 1))
        }
        level2.counts.writes &+= 1
        let line = ((entry &>> 1) &<< shift) &>> level2.shift
        if entry & 1 == 0 {
            countLevel2(level2.insert(line))
        } else if let victim = isVictimLevel2
            ? level2.useFirst(line, dirty: 1) : level2.use(line, dirty: 1)
        {
            level2.counts.writeMisses &+= 1
            countLevel2(victim)
        }
    }

    /// Reads what an access needs: the line that begins at `start`, or with `once` all it touches, as one access.
    private mutating func readLevel2(for access: MemoryAccess, _ start: UInt64) {
        if straddle == .once {
            let bytes = access.bytes
            readLevel2(bytes.lowerBound, bytes.upperBound, access.kind)
        } else {
            readLevel2(start, start, access.kind)
        }
    }

    private mutating func readLevel2(_ first: UInt64, _ last: UInt64, _ kind: AccessKind) {
        guard hasLevel2 else {
            if recordsRequests {
                requests.append(
                    MemoryAccess(
                        .load, at: first, size: UInt32(truncatingIfNeeded: last &- first) &+ 1))
            }
            return
        }
        level2.counts.reads &+= 1
        var misses = false
        var line = first &>> level2.shift
        while true {
            if isVictimLevel2 {
                if level2.find(line) == nil {
                    misses = true
                } else {
                    _ = level2.useFirst(line, dirty: 0)
                }
            } else if let victim = level2.use(line, dirty: 0) {
                misses = true
                countLevel2(victim)
            }
            if line == last &>> level2.shift { break }
            line &+= 1
        }
        if misses {
            level2.counts.readMisses &+= 1
            level2Misses.add(kind)
        }
    }

    @inline(__always)
    private mutating func countLevel2(_ victim: UInt64) {
        if PlainCache.isDirty(victim) { level2.counts.writebacks &+= 1 }
    }

    // MARK: Cache records and the end

    /// Performs a copy-back or invalidate record on both data levels.
    private mutating func performCacheRecord(_ access: MemoryAccess) {
        let copiesBack = access.kind == .copyBack
        if access.size == 0 {
            if copiesBack {
                flush()
            } else {
                data.removeAll()
                level2.removeAll()
                if recordsRequests { requests.append(access) }
                gate.refreshAll(data: data, instruction: instruction)
            }
            return
        }
        let bytes = access.bytes
        for line in bytes.lowerBound &>> data.shift...bytes.upperBound &>> data.shift {
            guard let index = data.find(line) else { continue }
            let entry = data.entries[index]
            if !copiesBack {
                data.remove(at: index)
            } else if PlainCache.isDirty(entry) {
                data.entries[index] &= ~1
                writeBack(entry)
            }
        }
        gate.refreshAll(data: data, instruction: instruction)
        if recordsRequests { requests.append(access) }
        guard hasLevel2 else { return }
        for line in bytes.lowerBound &>> level2.shift...bytes.upperBound &>> level2.shift {
            // A victim level 2 may hold a line twice.
            for index in level2.places(of: line).reversed() {
                if copiesBack {
                    countLevel2(level2.entries[index])
                    level2.entries[index] &= ~1
                } else {
                    level2.remove(at: index)
                }
            }
        }
    }

    /// Cleans every dirty line, level 1 into level 2 first, as Dinero does at the end of a run.
    public mutating func flush() {
        for line in data.cleanAll() { writeBack(line &<< 1 | 1) }
        gate.refreshAll(data: data, instruction: instruction)
        if hasLevel2 { level2.counts.writebacks &+= UInt64(level2.cleanAll().count) }
        if recordsRequests { requests.append(MemoryAccess(.copyBack, at: 0, size: 0)) }
    }
}

extension MemoryAccess {
    /// The bytes it touches, the first one at least, up to the end of the address space.
    fileprivate var bytes: ClosedRange<UInt64> {
        let last = address &+ UInt64(size) &- 1
        return address...max(address, last)
    }
}
