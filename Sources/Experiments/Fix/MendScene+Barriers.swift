import Hazards
import Operations
import Quantities
import Traces

extension MendScene {
    /// Barriers that are missing, too weak, or an accessor without one.
    func barriers(_ finding: Finding) -> [MendEdit] {
        switch finding.code {
        case .h06, .h07: registerReads(finding) + loadBarriers(finding)
        case .h39: readBacks(finding)
        case .h05: publications(finding) + stronger(finding)
        case .h13, .h22, .h12: stronger(finding) + completions(finding)
        default: stronger(finding) + doorbellBarriers(finding) + publications(finding)
        }
    }

    /// The barriers of stores that end with `wmb()` or a DSB, weakest first.
    private var storeBarriers: [[String]] {
        guard profile.usesLinux else {
            let sync = profile.hasOuterCache ? [["dsb sy", "l2 sync"], ["l2 sync"]] : []
            return [["dsb sy"]] + sync
        }
        return [["wmb"], ["dma_wmb"], ["mb"]]
    }

    // MARK: Before a doorbell

    private func doorbellBarriers(_ finding: Finding) -> [MendEdit] {
        var edits: [MendEdit] = []
        for transfer in transfers where touches(transfer, finding) {
            let opening = transfer.opening
            guard let (core, operation) = operation(opening) else { continue }
            if case .accessor(var accessor) = operation, accessor.function == .writelRelaxed,
                profile.usesLinux
            {
                accessor.function = .writel
                edits.append(
                    MendEdit(
                        .replace, .barrier, order: 1, [replacement(opening, .accessor(accessor))],
                        "ring the doorbell with writel() at \(quote(opening)): it orders the stores "
                            + "before it"))
            }
            edits += lateBarriers(transfer, core)
            let by = core.isCore ? core : giver(transfer)
            let device = profile.name(of: transfer.device)
            for (late, place) in openings(of: transfer).enumerated() {
                for (order, statements) in storeBarriers.enumerated() {
                    let until =
                        late == 0
                        ? "\(device) is started at \(quote(place))" : quote(place)
                    edits.append(
                        addition(
                            .barrier, order + 2 + late * 20, statements, before: place, by,
                            "let the stores complete before \(until)"))
                }
            }
        }
        return edits
    }

    /// A barrier directly behind the doorbell was meant to stand before it.
    private func lateBarriers(_ transfer: Transfer, _ core: Agent) -> [MendEdit] {
        let opening = transfer.opening
        guard core.isCore, let behind = operation(opening + 1), behind.agent == core else {
            return []
        }
        switch behind.operation {
        case .kernelBarrier, .barrier: break
        default: return []
        }
        return [
            MendEdit(
                .move, .barrier, order: 0,
                [.move(line(opening + 1), before: line(before: opening))],
                "move \(quote(opening + 1)) to before the doorbell at \(quote(opening)): it orders what stands above "
                    + "it")
        ]
    }

    private func touches(_ transfer: Transfer, _ finding: Finding) -> Bool {
        transfer.place == finding.record - 1 || transfer.bytes.overlaps(finding.range)
    }

    // MARK: Stronger ones

    /// Each barrier between the two statements of a finding, made stronger.
    private func stronger(_ finding: Finding) -> [MendEdit] {
        let ends =
            [finding.record - 1, finding.writeRecord - 1] + finding.chain.map { $0.record - 1 }
        guard let low = ends.filter({ $0 >= 0 }).min(), let high = ends.max() else { return [] }
        return operations(low..<high + 1).flatMap { place, _, operation -> [MendEdit] in
            let others: [Operation]
            switch operation {
            case .kernelBarrier(let barrier):
                let list: [KernelBarrier] =
                    [.rmb, .dmaRmb, .smpRmb].contains(barrier)
                    ? [.dmaRmb, .rmb, .mb]
                    : finding.code == .h05 ? [.dmaWmb, .wmb, .mb] : [.wmb, .dmaWmb, .mb]
                others = list.filter { $0 != barrier }.map { .kernelBarrier($0) }
            case .barrier(let barrier) where barrier.instruction != .isb:
                others = [
                    Barrier(.dmb, barrier.domain, .all), Barrier(.dmb),
                    Barrier(.dsb, .fullSystem, barrier.accesses), Barrier(.dsb),
                ].filter { $0 != barrier && $0.isAtLeast(barrier) }.map { .barrier($0) }
            default: return []
            }
            return others.enumerated().map { order, other in
                let words = NativeWriter.words(.operation(.core(0), other), of: program)
                return MendEdit(
                    .replace, .barrier, order: order == 0 ? 0 : order + 1,
                    [replacement(place, other)],
                    "use `\(words)` in place of \(quote(place)): it is too weak here")
            }
        }
    }

    // MARK: Publication

    /// Barriers of stores after the data and before each later store of the same core: one of these says that it is there.
    private func publications(_ finding: Finding) -> [MendEdit] {
        let write = finding.writeRecord - 1
        guard let core = operation(write)?.agent, core.isCore else { return [] }
        let flags = accesses.filter {
            $0.isStore && $0.core == core && $0.place > write && $0.place < finding.record - 1
        }
        // The device may look at a word that was stored before the data.
        let earlier = accesses.filter { $0.isStore && $0.core == core && $0.place <= write }
        let words =
            profile.usesLinux ? [["dma_wmb"], ["wmb"]] : [["dmb oshst"], ["dsb st"], ["dsb sy"]]
        let places = (flags.prefix(4) + earlier.suffix(4)).map(\.place)
        return places.enumerated().flatMap { index, place in
            words.enumerated().map { order, statements in
                addition(
                    .barrier, order * 8 + min(index, 7), statements, before: place, core,
                    "put a barrier before \(quote(place)), so that the stores above it are seen first"
                )
            }
        }
    }

    // MARK: Loads

    private func loadBarriers(_ finding: Finding) -> [MendEdit] {
        let place = finding.record - 1
        guard let core = operation(place)?.agent, core.isCore else { return [] }
        let words =
            profile.usesLinux
            ? [["dma_rmb"], ["rmb"], ["mb"]] : [["dmb oshld"], ["dmb osh"], ["dsb sy"]]
        return words.enumerated().map { order, statements in
            addition(
                .barrier, finding.code == .h07 ? order + 2 : order, statements, before: place, core,
                "put a barrier before \(quote(place)), so that it is not performed before the load that says that "
                    + "the bytes are there")
        } + stronger(finding)
    }

    /// A relaxed read of a register, with its barrier.
    private func registerReads(_ finding: Finding) -> [MendEdit] {
        guard profile.usesLinux else { return [] }
        return operations(0..<finding.record).compactMap { place, _, operation in
            guard case .accessor(var accessor) = operation, accessor.function == .readlRelaxed
            else { return nil }
            accessor.function = .readl
            return MendEdit(
                .replace, .barrier, order: 0, [replacement(place, .accessor(accessor))],
                "read the register with readl() at \(quote(place)): its barrier keeps later loads behind it"
            )
        }
    }

    /// A read of the device's registers after its interrupt: the answer pushes what it wrote into memory.
    private func readBacks(_ finding: Finding) -> [MendEdit] {
        let devices = Set(works(on: finding.range).filter(\.isWrite).map(\.device)).sorted()
        return devices.flatMap { device -> [MendEdit] in
            let name = profile.name(of: device)
            // A register that the trace knows, if there is one, and of these one that is read.
            let accessors = operations(0..<program.statements.count).compactMap {
                _, _, operation -> Accessor? in
                guard case .accessor(let accessor) = operation else { return nil }
                return accessor.device == device ? accessor : nil
            }
            let known = (accessors.last { !$0.function.isWrite } ?? accessors.last)?.register
            let base =
                device.index < program.devices.count
                ? program.devices[device.index].effectiveRegisters.lowerBound : 0
            let offset = known.map { $0.address.rawValue &- base } ?? 0
            let read = "readl \(name)" + (offset > 0 ? "+0x\(String(offset, radix: 16))" : "")
            let places = transfers.filter { $0.device == device && $0.isWrite }.compactMap(\.wait)
            return Set(places).sorted().map { wait in
                addition(
                    .barrier, 0, profile.usesLinux ? [read] : [read, "dsb sy"], before: wait + 1,
                    operation(wait)?.agent ?? .core(0),
                    "read a register of \(name) after \(quote(wait)): the answer comes behind what it has "
                        + "written")
            }
        }
    }

    // MARK: Completion

    /// A barrier before maintenance, or between two of them.
    private func completions(_ finding: Finding) -> [MendEdit] {
        let ends =
            [finding.record - 1, finding.writeRecord - 1] + finding.chain.map { $0.record - 1 }
        guard let low = ends.filter({ $0 >= 0 }).min(), let high = ends.max() else { return [] }
        return operations(low..<high + 1).flatMap { place, core, operation -> [MendEdit] in
            guard core.isCore, place > low else { return [] }
            var order = 2
            var choices = [["dsb sy"], ["dmb sy"]]
            if case .maintenance(let item) = operation {
                order = item.instruction.isByAddress ? 1 : 0
                // By set and way it is ordered by any barrier of the stores.
                if !item.instruction.isByAddress { choices = [["dmb sy"], ["dsb sy"]] }
            }
            return choices.enumerated().map { index, statements in
                addition(
                    .barrier, order + 3 * index, statements, before: place, core,
                    "put a barrier before \(quote(place)), so that what stands above it has completed"
                )
            }
        }
    }
}

extension Barrier {
    /// Whether it does all that another one does.
    fileprivate func isAtLeast(_ other: Barrier) -> Bool {
        let reach: [Domain: Int] = [
            .nonShareable: 0, .innerShareable: 1, .outerShareable: 2, .fullSystem: 3,
        ]
        return (instruction == .dsb || other.instruction == .dmb)
            && reach[domain, default: 0] >= reach[other.domain, default: 0]
            && (accesses == .all || accesses == other.accesses)
    }
}
