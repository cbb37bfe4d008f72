import Operations
import Quantities

// What is kept of accesses that nothing has ordered.

extension PublicationOrder {
    struct Access {
        /// The step.
        var index: Int
        var record: UInt32
        var start: UInt64
        var end: UInt64
        var isCacheable = false
        /// How many bytes each access of a run with gaps touches, and how far they are apart; 0: it has none.
        var size: UInt64 = 0
        var step: UInt64 = 0
        /// Whether a device does it by itself, in the trace's turn.
        var isInTurn = false
        /// How many barriers and store-releases for all observers, and for those of the inner domain, stood before it.
        var outer = 0
        var inner = 0
        /// How many of these were barriers, and how many were barriers for maintenance.
        var outerBarriers = 0
        var innerBarriers = 0
        var maintained = 0
        /// The step of the last clean of a store's line, -1: there was none, and its statement.
        var cleaned = -1
        var cleanRecord: UInt32 = 0
        /// How many barriers for maintenance stood before that.
        var cleanedAfter = 0

        /// Whether two accesses touch a byte together; two with gaps: whether their stretches do.
        func overlaps(_ other: Access) -> Bool {
            guard start < other.end, other.start < end else { return false }
            if step > 0, other.step == 0 { return touches(other.start, other.end) }
            if other.step > 0, step == 0 { return other.touches(start, end) }
            return true
        }

        /// Whether one of a run's accesses touches a range that begins before the run's end, and ends after its start.
        private func touches(_ low: UInt64, _ high: UInt64) -> Bool {
            guard low >= start &+ size else { return true }
            // The first that ends behind `low`.
            let place = (low &- start &- size) / step &+ 1
            return start &+ place &* step < min(high, end)
        }
    }

    /// A load of bytes that a device has written.
    struct Load {
        var device: Agent
        var access: Access
        /// The newest write that it can tell of, whatever the core stores over it since.
        var flag: Access
    }

    /// What a core has stored since a barrier ordered its stores, and what it has loaded of devices' bytes.
    struct Core {
        var stores: [Access] = []
        /// Stores to cacheable memory whose clean no barrier has ordered yet, where a device polls that does not look into
        /// caches.
        var cached = Recent<Access>(PublicationOrder.most)
        var outer = 0
        var inner = 0
        var outerBarriers = 0
        var innerBarriers = 0
        var maintained = 0
        var loads = Recent<Load>(PublicationOrder.most)
        /// The step of the last acquiring load.
        var floor = -1
        /// Lines that the core has had invalidated, each with the step: a load of them waits for that.
        var invalidated = Recent<Access>(PublicationOrder.most)
        /// Lines that the core has maintained, each with the step.
        var touched = Recent<Access>(PublicationOrder.most)
        /// The step of the last barrier that maintenance before it is done at.
        var ordered = -1
        /// The last transfer of each device that the core knows of: what it wrote before is known, too.
        var known = AgentTable<Int>()

        /// Notes a store.
        ///
        /// - Parameters:
        ///   - access: What is stored.
        ///   - isRelease: Whether it is a store-release.
        ///   - isLookedFor: Whether a device polls that does not look into caches.
        mutating func store(_ access: inout Access, isRelease: Bool, isLookedFor: Bool) {
            if isRelease {
                outer += 1
                inner += 1
            }
            access.outer = outer
            access.inner = inner
            access.outerBarriers = outerBarriers
            access.innerBarriers = innerBarriers
            access.maintained = maintained
            stores.append(access)
            if isLookedFor, access.isCacheable { cached.append(access) }
            if stores.count > 2 * PublicationOrder.most {
                stores.removeFirst(PublicationOrder.most)
            }
        }

        /// Notes a barrier for stores.
        ///
        /// - Parameters:
        ///   - barrier: Which.
        ///   - ordersMaintenance: Whether it orders maintenance, too.
        ///   - isRung: Whether a device runs that may have come before the barrier.
        mutating func orderStores(_ barrier: Barrier, ordersMaintenance: Bool, isRung: Bool) {
            if barrier.reachesDevices {
                outer += 1
                outerBarriers += 1
            }
            if barrier.domain != .nonShareable {
                inner += 1
                innerBarriers += 1
            }
            if ordersMaintenance {
                maintained += 1
                cached.removeAll { $0.cleaned >= 0 }
            }
            // What a barrier has published is there for a device that comes by itself; one that runs may have come before.
            guard barrier.reachesDevices, !isRung else { return }
            // But it may see one of them before what is still being cleaned.
            if !cached.all.contains(where: { $0.cleaned >= 0 }) {
                stores.removeAll(keepingCapacity: true)
            }
        }

        /// Notes a clean of some lines.
        mutating func clean(_ lines: Access) {
            let maintained = maintained
            func note(_ store: inout Access) {
                guard store.isCacheable, store.overlaps(lines) else { return }
                store.cleaned = lines.index
                store.cleanRecord = lines.record
                store.cleanedAfter = maintained
            }
            for place in stores.indices { note(&stores[place]) }
            cached.changeAll(note)
        }

        /// Whether maintenance stands between two loads that waits for the first, and that a barrier has waited for before
        /// the second: it is of a line of the first, or of some bytes of the second.
        func isMaintained(
            between first: Access, and start: UInt64, _ end: UInt64
        ) -> Bool {
            guard ordered > first.index else { return false }
            return touched.all.reversed().lazy.prefix { $0.index > first.index }.contains {
                $0.index < ordered && ($0.overlaps(first) || $0.start < end && start < $0.end)
            }
        }

        /// Whether the lines of some bytes have been invalidated after a step.
        func isInvalidated(_ start: UInt64, _ end: UInt64, since step: Int) -> Bool {
            for one in invalidated.all.reversed() {
                guard one.index > step else { return false }
                if one.start <= start, end <= one.end { return true }
            }
            return false
        }
    }
}
