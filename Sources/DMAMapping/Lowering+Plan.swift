import Operations

extension Lowering {
    /// What a call does before it meets an address: the row of the table, as `explain` prints it.
    ///
    /// For a pool's allocation: what its coherent memory costs when the pool has to grow.
    ///
    /// - Parameters:
    ///   - function: The call.
    ///   - direction: The direction; needed by map, unmap and sync.
    ///   - isCoherent: Whether the kernel believes the device to be coherent.
    ///   - attributes: The attributes of the call.
    ///   - isBounced: Whether the mapping has a bounce slot.
    ///   - profile: The processor and its kernel.
    /// - Returns: The steps in order; none for a call that does nothing.
    /// - Throws: ``LoweringError`` if no table says what the call does.
    public static func describe(
        _ function: DMACall.Function, direction: DMADirection? = nil, isCoherent: Bool,
        attributes: DMAAttributes = [], isBounced: Bool = false, profile: LoweringProfile
    ) throws(LoweringError) -> [LoweringStep] {
        let version = try linux(function, profile)
        let kind = CallClass(function)
        let treatments = try treatments(of: function, attributes, profile)
        try checkExistence(of: function, profile)
        let steps: [LoweringStep]
        switch kind {
        case .map, .unmap, .syncForDevice, .syncForCPU, .iovaLink, .iovaUnlink:
            guard let direction else { throw .missing(function, .direction) }
            let row = try streamingRow(function, profile)
            let isForDevice = kind == .map || kind == .syncForDevice || kind == .iovaLink
            guard let found = (isForDevice ? row.forDevice : row.forCPU)[direction] else {
                throw .noDirection(function)
            }
            let skips = treatments.contains(.noMaintenance)
            let maintenance = isCoherent || skips ? [] : found
            steps =
                isBounced
                ? try bouncing(kind, maintenance, direction, skips: skips, profile) : maintenance
        case .allocateCoherent, .poolAllocate:
            let row = try find(
                function.rawValue, in: AllocationRow.coherent, profile, version,
                where: { $0.architectures.contains(profile.architecture) }, kernels: \.kernels)
            let combines =
                function == .allocWriteCombine || treatments.contains(.writeCombining)
            steps =
                isCoherent
                ? row.coherentSteps
                : treatments.contains(.noMapping)
                    ? row.unmappedSteps
                    : (combines ? row.writeCombineSteps : nil) ?? row.steps
        case .allocateNoncoherent:
            let row = try find(
                function.rawValue, in: AllocationRow.noncoherent, profile, version,
                where: { $0.architectures.contains(profile.architecture) }, kernels: \.kernels)
            steps = isCoherent ? row.coherentSteps : row.steps
        case .mapAllocation:
            let row = try find(
                function.rawValue, in: AllocationRow.coherent, profile, version,
                where: { $0.architectures.contains(profile.architecture) }, kernels: \.kernels)
            let combines =
                function == .mmapWriteCombine || treatments.contains(.writeCombining)
            steps = [.map(row.userType(isCoherent: isCoherent, combines: combines))]
        case .mapPages, .unmapPages: steps = [kind == .mapPages ? .map(.writeBack) : .unmap]
        case .setApart, .giveBack:
            steps = [.setMemoryType(kind == .setApart ? .nonCacheable : .writeBack)]
        case .freeCoherent, .poolDestroy:
            steps =
                isCoherent || treatments.contains(.noMapping) ? [] : [.setMemoryType(.writeBack)]
        case .mapResource, .unmapResource, .cacheSync, .query, .freeNoncoherent, .poolCreate,
            .poolFree, .driverUnbind, .iovaReserve, .iovaEnd, .setting:
            steps = []
        }
        return steps.filter {
            if case .outer = $0 { profile.outer != nil } else { true }
        }
    }

    /// A bounced call's steps: copies come before the maintenance of a slot on its way out, and after it on its way in.
    ///
    /// What skips maintenance at an unmap skips the copy, too.
    private static func bouncing(
        _ kind: CallClass, _ maintenance: [LoweringStep], _ direction: DMADirection, skips: Bool,
        _ profile: LoweringProfile
    ) throws(LoweringError) -> [LoweringStep] {
        guard case .linux(let version) = profile.kernel else { return maintenance }
        let row = try find(
            "swiotlb", in: BounceRow.rows, profile, version, where: { _ in true },
            kernels: \.kernels)
        return switch kind {
        case .map: (row.map[direction] ?? []) + maintenance
        case .syncForDevice: (row.syncForDevice[direction] ?? []) + maintenance
        case .unmap where skips: maintenance
        default: maintenance + (row.forCPU[direction] ?? [])
        }
    }

    /// The kernel, for a call that needs one.
    static func linux(
        _ function: DMACall.Function, _ profile: LoweringProfile
    ) throws(LoweringError) -> KernelVersion {
        guard case .linux(let version) = profile.kernel else { throw .kernelNeeded(function) }
        return version
    }

    /// What streaming calls do on a processor and its kernel.
    static func streamingRow(
        _ function: DMACall.Function, _ profile: LoweringProfile
    ) throws(LoweringError) -> StreamingRow {
        try find(
            function.rawValue, in: StreamingRow.rows, profile, try linux(function, profile),
            where: { $0.routines.contains(profile.inner) }, kernels: \.kernels)
    }

    /// The row of a table for a processor and a kernel.
    static func find<Row>(
        _ what: String, in rows: [Row], _ profile: LoweringProfile, _ version: KernelVersion,
        where isMeant: (Row) -> Bool, kernels: (Row) -> [KernelSpan]
    ) throws(LoweringError) -> Row {
        var known: [KernelSpan] = []
        for row in rows where isMeant(row) {
            if kernels(row).contains(where: { $0.contains(version) }) { return row }
            known += kernels(row)
        }
        throw .notLowered(
            what, profile.architecture, profile.kernel, known: describe(kernels: known))
    }

    /// Refuses a call that its kernel does not have.
    static func checkExistence(
        of function: DMACall.Function, _ profile: LoweringProfile
    ) throws(LoweringError) {
        let version = try linux(function, profile)
        guard let spans = FunctionTable.kernels[function],
            !spans.contains(where: { $0.contains(version) })
        else { return }
        throw .notLowered(
            function.rawValue, profile.architecture, profile.kernel, known: describe(kernels: spans)
        )
    }

    /// The spans of a table in words, neighbours joined.
    static func describe(kernels: [KernelSpan]) -> String {
        var joined: [KernelSpan] = []
        for span in kernels.sorted(by: { $0.lowerBound < $1.lowerBound }) {
            if let last = joined.last, last.upperBound >= span.lowerBound {
                let end = max(last.upperBound, span.upperBound)
                joined[joined.count - 1] = last.lowerBound..<end
            } else {
                joined.append(span)
            }
        }
        return joined.map { "from \($0.lowerBound) to before \($0.upperBound)" }
            .joined(separator: ", ")
    }

    /// What attributes change about a call.
    private static func treatments(
        of function: DMACall.Function, _ attributes: DMAAttributes, _ profile: LoweringProfile
    ) throws(LoweringError) -> Set<AttributeTreatment> {
        var found: Set<AttributeTreatment> = []
        for bit in 0..<UInt32.bitWidth where attributes.rawValue & (1 << UInt32(bit)) != 0 {
            guard bit < AttributeTreatment.rows.count else {
                throw .attributeNotLowered(function, "bit \(bit)")
            }
            let row = AttributeTreatment.rows[bit]
            let treatment = CallClass(function).isAllocation ? row.allocation : row.mapping
            guard treatment != .notLowered else {
                throw .attributeNotLowered(function, DMAAttributes.names[bit])
            }
            let version = try linux(function, profile)
            guard AttributeTreatment.kernels[bit].contains(version) else {
                throw .notLowered(
                    "\(function.rawValue) with DMA_ATTR_\(DMAAttributes.names[bit])",
                    profile.architecture, profile.kernel,
                    known: describe(kernels: [AttributeTreatment.kernels[bit]]))
            }
            let isIgnored =
                profile.architecture == .arm64
                && version < AttributeTreatment.firstOfArm64[treatment] ?? .firstKnown
            found.insert(isIgnored ? .ignored : treatment)
        }
        return found
    }
}
