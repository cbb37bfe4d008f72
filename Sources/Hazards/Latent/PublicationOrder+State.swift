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
        /// Whether a device does it by itself, in the trace's turn.
        var isInTurn = false
        /// How many barriers for all observers, and for those of the inner domain, stood before it.
        var outer = 0
        var inner = 0

        func overlaps(_ other: Access) -> Bool { start < other.end && other.start < end }
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
        var outer = 0
        var inner = 0
        var loads = Recent<Load>(PublicationOrder.most)
        /// The step of the last acquiring load.
        var floor = -1
        /// Lines that the core has had invalidated, each with the step: a load of them waits for that.
        var invalidated = Recent<Access>(PublicationOrder.most)
        /// The last transfer of each device that the core knows of: what it wrote before is known, too.
        var known = AgentTable<Int>()

        /// Notes a store.
        mutating func store(_ access: inout Access, isRelease: Bool) {
            if isRelease {
                outer += 1
                inner += 1
            }
            access.outer = outer
            access.inner = inner
            stores.append(access)
            if stores.count > 2 * PublicationOrder.most {
                stores.removeFirst(PublicationOrder.most)
            }
        }

        /// Notes a barrier for stores.
        ///
        /// - Parameters:
        ///   - barrier: Which.
        ///   - isRung: Whether a device runs that may have come before the barrier.
        mutating func orderStores(_ barrier: Barrier, isRung: Bool) {
            if barrier.reachesDevices { outer += 1 }
            if barrier.domain != .nonShareable { inner += 1 }
            // What a barrier has published is there for a device that comes by itself; one that runs may have come before.
            if barrier.reachesDevices, !isRung { stores.removeAll(keepingCapacity: true) }
        }

        /// Whether all lines of a load have been invalidated after a step.
        func isInvalidated(_ load: Access, since step: Int) -> Bool {
            for one in invalidated.all.reversed() {
                guard one.index > step else { return false }
                if one.start <= load.start, load.end <= one.end { return true }
            }
            return false
        }
    }
}
