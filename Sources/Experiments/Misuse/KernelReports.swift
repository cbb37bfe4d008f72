import DMAMapping
import Hazards
import MemoryModel
import Operations
import Quantities

/// A message of dma-debug that says nothing of the driver.
public struct KernelRemark: Hashable, Sendable {
    /// The statement.
    public var record: Int
    /// What the kernel prints.
    public var message: String
    /// Why it is no fault.
    public var reason: String
}

extension Setup {
    /// dma-debug for this program on this machine, before its first call; nil on bare metal, which has none.
    public var dmaDebug: DMADebug? {
        guard case .linux(let version) = kernel else { return nil }
        let map = declaredMap
        var settings = DMADebug.Settings(
            version, isArm64: machine.architecture == .arm64, lineSize: machine.kernelLineSize)
        // arm64 kernels bounce small buffers wherever they have a pool.
        settings.bouncesSmallBuffers = settings.isArm64 && bouncePool.size > 0
        return DMADebug(
            settings, for: outline,
            coherentDevices: Set(outline.devices.filter(isCoherent).map(\.agent)), map: map,
            placing: try? lowering())
    }

    /// What dma-debug would print of the program, of broken rules and of none, and which mappings bounce.
    var kernelReports: (reports: [KernelReport], remarks: [KernelRemark], bounced: Set<Int>) {
        guard var debug = dmaDebug else { return ([], [], []) }
        debug.run(outline)
        var reports: [KernelReport] = []
        var remarks: [KernelRemark] = []
        for report in debug.reports {
            guard let check = report.check, report.falseAlarm == nil else {
                let reason =
                    report.falseAlarm
                    ?? "more mappings of the line are live than dma-debug can count: it will lose track of it"
                remarks.append(
                    KernelRemark(record: report.record, message: report.message, reason: reason))
                continue
            }
            reports.append(
                KernelReport(
                    check: check.name, code: code(of: check, report, debug), record: report.record,
                    agent: agent(report.record), message: report.message, address: report.address,
                    extents: [
                        KernelReport.Extent(
                            physical: debug.physicalAddress(report.address), bytes: report.bytes)
                    ]
                        + report.extents.map {
                            KernelReport.Extent(physical: $0.physical, bytes: $0.bytes)
                        }, bytes: report.bytes,
                    made: report.made, cause: check.cause, mend: check.mend,
                    leadsTo: check.leadsTo, count: report.count))
        }
        return (reports, remarks, debug.bounced)
    }

    /// Parts reports of overlaps from those that are overlaps here: the kernel counts in lines of the largest cache that it
    /// is built for.
    ///
    /// - Parameters:
    ///   - reports: What the kernel prints.
    ///   - shared: The statements at which a line of this machine is in two mappings.
    /// - Returns: what is a broken rule, and what is none.
    func overlaps(
        _ reports: [KernelReport], shared: Set<Int>
    ) -> (reports: [KernelReport], remarks: [KernelRemark]) {
        var kept: [KernelReport] = []
        var remarks: [KernelRemark] = []
        for report in reports {
            if report.check == DMADebugCheck.e23.name, !shared.contains(report.record),
                UInt64(machine.dataLineSize) < machine.kernelLineSize
            {
                remarks.append(
                    KernelRemark(
                        record: report.record, message: report.message,
                        reason:
                            "the kernel counts in lines of \(machine.kernelLineSize) bytes; of this machine's "
                            + "lines, of \(machine.dataLineSize), none is in both mappings"))
            } else {
                kept.append(report)
            }
        }
        return (kept, remarks)
    }

    private func agent(_ record: Int) -> Agent {
        if case .operation(let agent, _) = program.statements[record - 1].body { return agent }
        return .core(0)
    }

    /// The hazard of a check: that of its row, but H14 where the memory is a coherent allocation.
    private func code(
        of check: DMADebugCheck, _ report: DMADebugReport, _ debug: DMADebug
    ) -> HazardCode {
        if check == .e21 || check == .e22, report.isOfCoherentMemory { return .h14 }
        return check.code
    }
}

extension DMADebugCheck {
    /// The hazard that it is about.
    public var code: HazardCode {
        guard let code = HazardCode(rawValue: row.hazard) else {
            preconditionFailure("\(name): no hazard \(row.hazard)")
        }
        return code
    }

    /// What is wrong with a call that raises it, in one sentence.
    var cause: String {
        switch self {
        case .e1: "The driver is gone, and its mappings and allocations are still there."
        case .e2: "DMA_MAPPING_ERROR is released as if it were a mapping."
        case .e3:
            "Nothing is mapped there for the device: it was released before, or the address is another."
        case .e4: "The size is another than that of the map."
        case .e5: "The function is not the counterpart of the one that made it."
        case .e6: "The address of the CPU is another than the one that the allocation gave."
        case .e7: "The number of entries is another than that of the map."
        case .e8: "The direction is another than that of the map."
        case .e9: "dma_mapping_error() was not asked before the mapping was used."
        case .e10, .e11: "The buffer is on the stack."
        case .e12: "The buffer is part of the kernel's image."
        case .e13: "The range does not lie within one mapping of the device."
        case .e14: "The range is longer than the mapping that the kernel takes it for."
        case .e15: "The direction of the sync is another than that of the map."
        case .e16: "A sync for the CPU of what the device only reads."
        case .e17: "A sync for the device of what it only writes."
        case .e18: "The number of entries of the sync is another than that of the map."
        case .e19: "An entry of the list is longer than the device supports."
        case .e20: "An entry of the list crosses the boundary that the device has."
        case .e21: "The address is not in the linear map."
        case .e22: "The address is one of the vmalloc area."
        case .e23: "The first line is that of another mapping, and a device may write to it."
        case .e24: "The CPU copies a page that the device may write to."
        }
    }

    /// What to do about it.
    var mend: String {
        switch self {
        case .e1: "unmap and free all before the driver's remove function returns"
        case .e2: "unmap only what dma_mapping_error() has found to be mapped"
        case .e3: "release each mapping once, with the handle that its map gave"
        case .e4, .e5, .e6, .e8: "release with the arguments that it was made with"
        case .e7:
            "unmap with the number of entries that was given to dma_map_sg(), not with what it gave"
        case .e9: "ask dma_mapping_error() after the map, before the handle is used"
        case .e10, .e11, .e12, .e21, .e22: "allocate the buffer with kmalloc() or as pages"
        case .e13, .e14: "sync within the mapping, while it is mapped"
        case .e15, .e16, .e17: "sync with the direction of the map"
        case .e18: "sync with the number of entries that was given to dma_map_sg()"
        case .e19, .e20:
            "say what the device can do by dma_set_max_seg_size() and dma_set_seg_boundary(), and build "
                + "lists by it"
        case .e23: "give each mapping lines of its own, and map a buffer once for each use"
        case .e24: "do not let pages be shared while they are mapped: pin them for writing before"
        }
    }

    /// What wrong bytes can come of what it reports.
    var leadsTo: Set<HazardCode> {
        switch self {
        case .e3, .e4, .e5, .e8: [.h01, .h02, .h03, .h08, .h11, .h12, .h17, .h35]
        case .e7, .e18: [.h01, .h03, .h08]
        case .e13, .e14, .e15, .e16, .e17: [.h01, .h02, .h03, .h08, .h35]
        case .e10, .e11, .e12, .e21, .e22: [.h10, .h11, .h13]
        case .e23: [.h02, .h10, .h11, .h12, .h42]
        case .e24: [.h01, .h02, .h18]
        case .e1, .e2, .e6, .e9, .e19, .e20: []
        }
    }
}
