import Operations
import Quantities

/// What may be true of one watched granule, over all that the architecture allows.
///
/// Masks are of its bytes.
struct LineState: Equatable {
    /// Bytes that a core stored and nothing has cleaned: they may be in an inner cache only.
    var dirtyInner: UInt64 = 0
    /// Bytes cleaned from the inner caches that may be in the outer cache only.
    var dirtyOuter: UInt64 = 0
    /// Stores that may still wait in a core's store buffer.
    var buffered: UInt64 = 0
    /// Bytes stored past the caches while a cacheable mapping of them may have left an older line there.
    var bypassed: UInt64 = 0
    /// The same of lines of the outer cache.
    var bypassedOuter: UInt64 = 0
    /// Stores that no barrier has ordered before maintenance by set and way.
    var unordered: UInt64 = 0
    /// Those of the stores in a buffer that another core than the last one made, which has handed over since.
    var handed: UInt64 = 0
    /// Those of the stores in a buffer that a store-release was the last of: a load-acquire waits for them.
    var released: UInt64 = 0
    /// Those of the stores in a buffer that a barrier has ordered before the next load.
    var fenced: UInt64 = 0
    /// Those of the stores in a buffer that a barrier has published: a device that comes by itself finds them.
    var published: UInt64 = 0
    /// Those of the stores in a buffer that maintenance has followed, where cores do all in order: no line comes before.
    var followed: UInt64 = 0
    /// Those of the stores in a buffer that go past the cores' caches.
    var bufferedPast: UInt64 = 0
    /// Dirty bytes that a device has written over in memory: nobody needs them any more.
    var superseded: UInt64 = 0
    /// Non-cacheable stores that may still wait in the outer cache's store buffer.
    var outerBuffered: UInt64 = 0
    /// Bytes of dirty lines whose maintenance no barrier has waited for: the line may still be evicted.
    var leaving: UInt64 = 0
    /// Lines that an invalidate may still drop, as no barrier has waited for it, and what of them it names.
    var dropping: UInt64 = 0
    var droppingNamed: UInt64 = 0
    /// Dirty bytes that an invalidate of their range may have dropped, and that nobody has written since.
    var dropped: UInt64 = 0
    /// The statement of that invalidate.
    var dropRecord: UInt32 = 0
    /// Whether a device has written to the granule since.
    var wasWrittenSinceDrop = false
    /// Bytes that the program has stored and then had dropped: what was there before nobody can miss, until they are
    /// written again.
    var given: UInt64 = 0
    /// Lines whose invalidate by set and way no barrier has ordered before what follows.
    var settling: UInt64 = 0
    /// Dirty bytes whose maintenance was issued, and no barrier has ordered it before what follows.
    var unorderedClean: UInt64 = 0
    /// The core whose maintenance that was last.
    var cleaner: UInt8 = 0
    /// Dirty bytes whose clean by set and way was issued, and no barrier has ordered it before other maintenance.
    var wayCleaned: UInt64 = 0
    /// The core that maintained the lines last.
    var maintainer: UInt8 = 0
    /// Lines whose maintenance a load has waited for, which a doorbell may have overtaken.
    var loaded: UInt64 = 0
    /// Bytes whose clean was issued, and no barrier has waited for it.
    var pendingClean: UInt64 = 0
    /// Bytes whose outer clean was issued, and no `CACHE SYNC` has followed.
    var pendingOuterClean: UInt64 = 0
    /// Lines whose clean and invalidate in the outer cache was issued, and no `CACHE SYNC` has followed.
    var settlingOuter: UInt64 = 0
    /// Bytes that a device wrote and of which an inner cache may hold an older copy.
    var staleInner: UInt64 = 0
    /// Stale bytes whose lines an invalidate may still hold, as no barrier has waited for it.
    var staleLeaving: UInt64 = 0
    /// Bytes that were stale already when the transfer in flight began.
    var staleBefore: UInt64 = 0
    /// The same of the outer cache.
    var staleOuterBefore: UInt64 = 0
    /// The same as ``staleInner`` of the outer cache.
    var staleOuter: UInt64 = 0
    /// Lines that a core itself touched and nothing has removed since.
    var mayHold: UInt64 = 0
    /// The same of the outer cache.
    var mayHoldOuter: UInt64 = 0
    /// Bytes that a device which sees the caches may be writing now.
    var arriving: UInt64 = 0
    /// Those of ``arriving`` that were not dirty before, and of which no core may know: nobody need find them yet.
    var unseen: UInt64 = 0
    /// Dirty bytes that a device which looks into caches was sent for, and may read at any time.
    var asked: UInt64 = 0
    /// The statement by which it does.
    var askRecord: UInt32 = 0
    /// The device.
    var asker: UInt8 = 0
    /// Bytes that a device may be writing now.
    var inFlight: UInt64 = 0
    /// Bytes in flight of which a core may know that they have arrived: it may have seen what the device wrote later.
    var polled: UInt64 = 0
    /// Those of ``polled`` below which the outer cache may still be stale.
    var polledOuter: UInt64 = 0
    /// Bytes in flight that the device goes on to write round after round, and that no core has invalidated meanwhile.
    var cyclic: UInt64 = 0
    /// Bytes whose line a core had touched, and nothing had removed, when the device wrote: H01, not H08.
    var heldAtWrite: UInt64 = 0
    /// Stale bytes that the core invalidated while the outer cache was stale below them: wrong level or order.
    var unsettled: UInt64 = 0
    /// Bytes that devices have written: stores to them dirty the buffer, stores beside them its neighbours.
    var deviceBytes: UInt64 = 0
    /// The statement of the last store, of a core or of a device that writes into caches.
    var storeRecord: UInt32 = 0
    /// Who stored.
    var storer: UInt8 = 0
    /// The statement of the last clean by a core.
    var cleanRecord: UInt32 = 0
    /// The statement of the last device write.
    var deviceRecord: UInt32 = 0
    /// The device of the last device write.
    var writer: UInt8 = 0
    /// The device of the last write in flight.
    var flier: UInt8 = 0

    /// A barrier has waited for what was in the cores' store buffers, and for maintenance if it does.
    mutating func leaveBuffer(forOuter hasOuterCache: Bool, settlesMaintenance: Bool) {
        if hasOuterCache { outerBuffered |= buffered & bufferedPast }
        buffered = 0
        handed = 0
        fenced = 0
        released = 0
        published = 0
        guard settlesMaintenance else { return }
        completeMaintenance(.max)
        loaded = 0
    }

    /// Maintenance of some lines is complete.
    private mutating func completeMaintenance(_ line: UInt64) {
        pendingClean &= ~line
        leaving &= ~line
        dropping &= ~line
        droppingNamed &= ~line
        staleLeaving &= ~line
    }

    /// Some of what was in the cores' store buffers has left them.
    mutating func leaveBuffer(_ mask: UInt64, forOuter hasOuterCache: Bool) {
        if hasOuterCache { outerBuffered |= buffered & mask & bufferedPast }
        buffered &= ~mask
        fenced &= ~mask
        released &= ~mask
        published &= ~mask
    }

    /// A load of some lines has waited for their maintenance, and so for the stores before it, on a core that does all in
    /// order.
    mutating func finishInOrder(_ line: UInt64, forOuter hasOuterCache: Bool) {
        leaveBuffer((pendingClean | followed) & line, forOuter: hasOuterCache)
        unorderedClean &= ~line
        completeMaintenance(line)
    }

    /// Maintenance of some lines is complete, and so are the stores before it.
    mutating func finishMaintenance(_ line: UInt64) {
        unorderedClean &= ~line
        completeMaintenance(line)
        buffered &= ~line | bufferedPast
    }

    /// A `CACHE SYNC` has waited for the outer cache.
    ///
    /// - Parameters:
    ///   - core: The core that asked: what others have handed over to it has come that far, too.
    ///   - lines: Those that the last core to store has stored to.
    ///   - speculates: Whether lines come unasked.
    mutating func sync(by core: Agent, stored lines: UInt64, speculates: Bool) {
        buffered &= ~(Agent(rawValue: storer).isCore && storer != core.rawValue ? lines : handed)
        if maintainer != core.rawValue { completeMaintenance(.max) }
        outerBuffered = 0
        pendingOuterClean = 0
        leaveOuter(settlingOuter, by: core, speculates: speculates)
        settlingOuter = 0
    }

    /// Lines have left the outer cache.
    mutating func leaveOuter(_ line: UInt64, by core: Agent, speculates: Bool) {
        mayHoldOuter &= ~line
        // What waits in the core's own buffer can be missed by a line that comes before it has left.
        let isOthers = Agent(rawValue: storer).isCore && storer != core.rawValue
        bypassedOuter &= ~line | (isOthers ? 0 : buffered & ~handed)
        staleOuter &= ~(line & ~(speculates ? inFlight : 0))
        staleOuterBefore &= ~line
        polledOuter &= ~line
    }

    /// Notes that a device which looks into caches may read some bytes from now on.
    ///
    /// - Returns: whether they are dirty, so that it must find them in a cache.
    mutating func ask(_ mask: UInt64, _ step: LoweredStep) -> Bool {
        let dirty = (dirtyInner | dirtyOuter) & ~unseen & mask
        guard dirty != 0 else { return false }
        asked |= dirty
        askRecord = step.record
        asker = step.agent.rawValue
        return true
    }

    /// What was on its way to some lines is done: a device that comes by itself finds it so.
    mutating func finishWaiting(_ line: UInt64) {
        completeMaintenance(line)
        unorderedClean &= ~line
        wayCleaned &= ~line
        unordered &= ~line
        buffered &= ~line
        outerBuffered &= ~line
    }

    /// What somebody must look at later.
    struct Waiting {
        /// Whether a barrier would change the state.
        var barrier: Bool
        /// Whether a `CACHE SYNC` would.
        var sync: Bool
        /// Whether a device may be writing some of the bytes.
        var device: Bool
    }

    /// What somebody must look at later.
    var waiting: Waiting {
        Waiting(barrier: waitsForBarrier, sync: waitsForSync, device: inFlight != 0)
    }

    /// Whether nothing is known that could go wrong.
    var isQuiet: Bool {
        dirtyInner | dirtyOuter | buffered | outerBuffered | pendingClean | pendingOuterClean
            | staleInner | staleLeaving | staleOuter | inFlight | bypassed | bypassedOuter | dropped
            | leaving
            == 0
    }

    /// Whether a barrier would change it.
    var waitsForBarrier: Bool {
        buffered | pendingClean | leaving | dropping | unordered | unorderedClean | settling
            | staleLeaving | wayCleaned != 0
    }

    /// Whether a `CACHE SYNC` would change it.
    var waitsForSync: Bool { outerBuffered | pendingOuterClean | settlingOuter != 0 }
}
