import Quantities

/// The cause and the mend of a finding in words, for Linux or for bare metal.
struct FindingWords {
    let code: HazardCode
    let profile: HazardProfile
    let address: UInt64
    let bytes: UInt64
    /// Who read, or whose line moved.
    let reader: Agent
    /// Whose bytes are missed.
    let writer: Agent
    /// The statement at which bytes went wrong.
    let record: Int
    /// The statement that wrote the bytes.
    let writeRecord: Int
    /// The invalidate that is known to have dropped the bytes, or the clean that they are on their way by; nil: none is.
    var maintenanceRecord: Int?

    /// The buffer to maintain, by its name from its start, or by address from the start of the first line.
    ///
    /// A name from outside the trace may be a pool of many buffers: of it only the lines in question are named.
    var name: String {
        profile.entry(of: address)?.name ?? profile.symbol(of: rangeStart)
            ?? "0x\(String(rangeStart, radix: 16))"
    }

    private var rangeStart: UInt64 {
        if let entry = profile.entry(of: address) { return entry.address }
        let line = address / profile.lineSize * profile.lineSize
        let outside = profile.outsideNames.innermost(holding: address)
        return max(line, outside?.address ?? line)
    }

    /// Bytes to maintain: from `rangeStart`, whole lines.
    var size: UInt64 {
        let step = profile.lineSize
        return (address &+ bytes &- rangeStart &+ step - 1) / step * step
    }

    private var line: String { "\(profile.lineSize)-byte line" }

    /// Which operation is missing, late, too small, too weak or in the wrong order.
    var cause: String {
        if isBetweenCores, let cause = causeBetweenCores { return cause }
        let who = profile.name(of: writer)
        let by = profile.name(of: reader)
        switch code {
        case .h01:
            return
                "No invalidate stands between \(who)'s write (record \(writeRecord)) and this load, and the "
                + "cache still held the line from before."
        case .h02:
            return
                "The line was dirty when it was handed to \(who): nothing cleaned or invalidated it before "
                + "the transfer."
        case .h03:
            if let maintenanceRecord { return causeOfDrop(in: maintenanceRecord) }
            return
                "Nothing cleaned the bytes stored in record \(writeRecord) before \(by) read memory: they "
                + "are in a cache that \(by) does not look into."
        case .h04 where profile.polled.contains(reader):
            return
                "The stores (record \(writeRecord)) still wait in a buffer when \(by) reads, which comes by "
                + "itself: no barrier that drains it stands behind them."
        case .h04:
            return
                "The stores (record \(writeRecord)) may still wait in a buffer when the doorbell reaches "
                + "\(by): no barrier that drains it stands between."
        case .h08:
            return
                "Whatever maintained the line before the transfer, the core may load it at any "
                + "moment while \(who) writes; nothing invalidates it after completion."
        case .h10: return causeOfNeighbour
        case .h11:
            if let maintenanceRecord { return causeOfDrop(in: maintenanceRecord) }
            return
                "An invalidate works on whole lines: it covers bytes beside the named range, and those were "
                + "dirty."
        case .h05:
            if let maintenanceRecord { return causeOfLateClean(in: maintenanceRecord) }
            return
                "The stores that hand something over and the store that says so are not ordered: \(by) saw the "
                + "later one first."
        case .h06:
            return
                "The load of these bytes performed before the load that showed them to be ready (no barrier of "
                + "loads stands between)."
        case .h12:
            return
                "One line was cleaned and then invalidated by two operations, and the store in record "
                + "\(writeRecord) came between them."
        case .h13:
            return
                "The same bytes were accessed through mappings with different attributes: the store went past "
                + "the cached copy."
        case .h14:
            return
                "The streaming API was called on memory from dma_alloc_coherent, which has its own handle and "
                + "is not in the linear map as cacheable memory."
        case .h19:
            return
                "Two mappings that were there at the same time share the \(line): the end of the one takes with "
                + "it what belongs to the other."
        case .h24:
            return
                "The buffer bounces, and no sync or unmap that copies stands between \(who)'s write (record "
                + "\(writeRecord)) and this read."
        case .h25:
            return
                "The cache has the line under another virtual address than the one that was maintained."
        case .h27:
            return
                "\(deviceName) writes into a cache, and the kernel, which takes it to be not coherent, has the core "
                + "read memory or drop the line."
        case .h33:
            return
                "The kernel could not map the bytes for \(deviceName), or \(deviceName) cannot send their address."
        case .h09:
            return
                "\(deviceName) had not finished, or had not been seen to finish, when the bytes were taken back."
        case .h15:
            return
                "The mapping's direction is not what \(deviceName) does: the kernel maintains for the other way, or "
                + "only for one."
        case .h17:
            return "\(deviceName) was still using the mapping after it had ended."
        case .h18:
            return
                "The core stored to bytes that belong to \(deviceName): the end of the mapping may drop the "
                + "store, or the dirty line may go over the device's bytes."
        case .h40:
            return
                "The buffer went back to \(deviceName) with the core's stores in it and without a sync for the "
                + "device."
        case .h23:
            return
                "Only the core's own caches were maintained, or in the wrong order: the outer L2 has "
                + "operations of its own, and clean and barrier instructions do not reach it."
        case .h26:
            return
                "\(deviceName) is declared coherent, so the kernel does no maintenance, but its port does not "
                + "look into the caches."
        case .h07:
            return
                "A register's value says that \(who) is done, and nothing orders this load after the load of that "
                + "register."
        case .h28:
            return
                "\(deviceName)'s port looks into the caches only for what asks for it, and here the transaction or the "
                + "memory's shareability does not."
        case .h38:
            return
                "The first load of the poll put the line into a cache, and \(who)'s write goes past it: later loads hit "
                + "the old line."
        case .h39:
            return
                "A bridge may still hold \(who)'s write (record \(writeRecord)): the interrupt does not come after it, and "
                + "no register has been read."
        case .h35:
            return
                "The core stored to a buffer that was then invalidated for FROM_DEVICE, and the device wrote "
                + "only a part of it."
        case .h42:
            return
                "A clean wrote a line that was dirty before the transfer over what \(who) had written."
        default: return HazardCatalogue.page(code).summary
        }
    }

    private var deviceName: String { profile.name(of: writer.isCore ? reader : writer) }

    /// What to add, move or widen.
    var mend: String {
        if isBetweenCores, let mend = mendBetweenCores { return mend }
        return profile.usesLinux ? linuxMend : bareMend
    }

    /// Map, unmap and sync of the finding's bytes: of a list where the trace maps a list.
    private var calls: (map: String, unmap: String, forDevice: String, forCPU: String) {
        let kind = profile.scatterGather.contains { $0.contains(address) } ? "sg" : "single"
        return (
            "dma_map_\(kind)()", "dma_unmap_\(kind)()", "dma_sync_\(kind)_for_device()",
            "dma_sync_\(kind)_for_cpu()"
        )
    }

    private var linuxMend: String {
        switch code {
        case .h01, .h08:
            return
                "call \(calls.unmap) or \(calls.forCPU) for \(name) with FROM_DEVICE after "
                + "completion and before record \(record)"
        case .h02:
            return
                "call \(calls.map) or \(calls.forDevice) for \(name) with FROM_DEVICE before the "
                + "device is started, after the last store to it"
        case .h03 where maintenanceRecord != nil: return mendOfDrop
        case .h03:
            return
                "call \(calls.map) or \(calls.forDevice) for \(name) with TO_DEVICE after record "
                + "\(writeRecord) and before the doorbell"
        case .h04 where profile.polled.contains(reader):
            return "put wmb() behind the stores"
        case .h04: return "ring the doorbell with writel(), or put wmb() before it"
        case .h05:
            if let maintenanceRecord { return mendOfLateClean(in: maintenanceRecord) }
            return
                "put dma_wmb() after record \(writeRecord) and before the store that hands the bytes over"
        case .h06:
            return
                "put dma_rmb() after the load that shows the bytes to be ready and before record \(record)"
        case .h09:
            return
                "take \(name) back after the device is known to be done: after the wait, not before"
        case .h15:
            return
                "map \(name) with the direction that the device uses, or BIDIRECTIONAL if it does both"
        case .h17: return "stop the device before \(name) is unmapped or freed"
        case .h18:
            return
                "make the store before the map or after \(calls.unmap) of \(name), or between "
                + "\(calls.forCPU) and \(calls.forDevice)"
        case .h40:
            return "call \(calls.forDevice) for \(name) before the device gets it again"
        case .h11 where maintenanceRecord != nil: return mendOfDrop
        case .h10, .h11: return mendOfNeighbour
        case .h13:
            return
                "use one mapping, or dma_mmap_*() for user space, and clean before the attributes change"
        case .h14:
            return
                "hand the device the handle that dma_alloc_coherent() gave; drop the streaming call"
        case .h24:
            let call =
                reader.isCore
                ? "\(calls.unmap) or \(calls.forCPU) for \(name) after completion and before record \(record)"
                : "\(calls.forDevice) for \(name) after record \(writeRecord) and before the device reads"
            return "call \(call), even where the device is coherent: it copies"
        case .h23:
            return
                "use the DMA API, which maintains the outer cache too, instead of the core's operations alone"
        case .h26:
            return
                "remove dma-coherent from \(deviceName)'s node, or put it on a port that snoops with shareable, "
                + "cacheable attributes"
        case .h07:
            return "read the register with readl(), or put rmb() before record \(record)"
        case .h21:
            return
                "drop DMA_ATTR_SKIP_CPU_SYNC, or call \(calls.forDevice) before the device is started and "
                + "\(calls.forCPU) after it for \(name)"
        case .h28:
            return
                "let \(deviceName) send transactions that its port looks up (axcache, axuser, axdomain), and map the "
                + "memory shareable, write-back"
        case .h36:
            return "call \(calls.forCPU) for \(name) after completion and before record \(record)"
        case .h38:
            return
                "put \(name) into memory from dma_alloc_coherent(), or call \(calls.forCPU) before each look and "
                + "\(calls.forDevice) after it"
        case .h39:
            return "read a register of \(deviceName) with readl() before record \(record)"
        case .h35:
            return
                "map with DMA_BIDIRECTIONAL if the old contents matter, or read only what was written"
        case .h42:
            return
                "invalidate when the buffer is allocated; after the transfer invalidate without a clean"
        default: return HazardCatalogue.page(code).mend
        }
    }

    private var bareMend: String {
        let outer = profile.hasOuterCache
        let idiom = profile.library.flatMap { LibraryIdiom.rows[$0] }
        let clean = idiom.map(\.clean.rawValue).map { "\($0) \(name) \(size)" }
        let invalidate = idiom.map(\.invalidate.rawValue).map { "\($0) \(name) \(size)" }
        switch code {
        case .h01, .h08:
            return
                (outer && idiom?.reachesOuterTowardsCore != true
                ? "l2 inv \(name) \(size); l2 sync; " : "")
                + (invalidate ?? "dc ivac \(name) \(size); dsb sy")
                + " after the wait and before record \(record)"
        case .h02:
            return (invalidate ?? "dc ivac \(name) \(size); dsb sy")
                + (outer && idiom?.reachesOuterTowardsDevice != true
                    ? "; l2 inv \(name) \(size); l2 sync" : "")
                + " before the doorbell, after the last store to it"
        case .h03 where maintenanceRecord != nil: return mendOfDrop
        case .h03:
            return (clean ?? "dc cvac \(name) \(size); dsb sy")
                + (outer && idiom?.reachesOuterTowardsDevice != true
                    ? "; l2 clean \(name) \(size); l2 sync" : "")
                + " after record \(writeRecord) and before the doorbell"
        case .h04:
            return "dsb sy" + (outer ? "; l2 sync" : "")
                + (profile.polled.contains(reader) ? " behind the stores" : " before the doorbell")
        case .h05:
            if let maintenanceRecord { return mendOfLateClean(in: maintenanceRecord) }
            return
                "dmb sy after record \(writeRecord) and before the store that hands the bytes over"
        case .h06:
            return
                "dmb sy after the load that shows the bytes to be ready and before record \(record)"
        case .h07: return "dsb sy after the load of the register and before record \(record)"
        case .h11 where maintenanceRecord != nil: return mendOfDrop
        case .h10, .h11: return mendOfNeighbour
        case .h13:
            return
                "use one mapping for \(name), and dc civac; dsb sy before its attributes change"
        case .h22:
            return
                "dc cvau of what a core wrote, dc ivac of what a device wrote; dsb; ic ivau; dsb; isb; before "
                + "record \(record)"
        case .h25:
            return "maintain \(name) under the other address, too, by which it was used"
        case .h28:
            return
                "let \(deviceName) send transactions that its port looks up, and map the memory shareable, write-back; or "
                + "maintain it"
        case .h37:
            return
                "maintain by address: "
                + (writer.isCore
                    ? (clean ?? "dc cvac \(name) \(size); dsb sy")
                    : (invalidate ?? "dc ivac \(name) \(size); dsb sy"))
        case .h38:
            return (invalidate ?? "dc ivac \(name) \(size); dsb sy")
                + " before each look, or uncached memory for \(name)"
        case .h39: return "load a register of \(deviceName); dsb sy; before record \(record)"
        case .h23:
            return reader.isCore
                ? "l2 inv \(name) \(size); l2 sync after the wait and before the core's own invalidate"
                : "l2 clean \(name) \(size); l2 sync after the core's own clean and before the doorbell"
        default: return linuxMend
        }
    }

    /// Why a line that is dirtied after a device's write may go over it: the core stores to an old copy.
    var causeOfLateStore: String {
        "An old copy of the line may be in the cache when record \(writeRecord) stores to it, as nothing "
            + "invalidates it between \(profile.name(of: writer))'s write (record \(record)) and the store: the line "
            + "is then dirty as a whole, with the old bytes in it."
    }

    /// What helps against that: the maintenance of H08, before the store.
    var mendOfLateStore: String {
        FindingWords(
            code: .h08, profile: profile, address: address, bytes: bytes, reader: reader,
            writer: writer, record: writeRecord, writeRecord: record
        ).mend
    }

    /// The cost of the mend in core cycles, as an estimate.
    var mendCycles: UInt64? {
        switch code {
        case .h01, .h02, .h03, .h08, .h16, .h21, .h23, .h36:
            profile.cyclesToMaintain(address, bytes)
        case .h04, .h07: profile.barrierCycles
        default: nil
        }
    }
}
