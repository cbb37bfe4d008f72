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
    ///   - profile: The processor and its kernel.
    /// - Returns: The steps in order; none for a call that does nothing.
    /// - Throws: ``LoweringError`` if no table says what the call does.
    public static func describe(
        _ function: DMACall.Function, direction: DMADirection? = nil, isCoherent: Bool,
        attributes: DMAAttributes = [], profile: LoweringProfile
    ) throws(LoweringError) -> [LoweringStep] {
        let version = try linux(function, profile)
        let kind = CallClass(function)
        let isSkipped = try skipsMaintenance(function, attributes)
        let steps: [LoweringStep]
        switch kind {
        case .map, .unmap, .syncForDevice, .syncForCPU:
            guard let direction else { throw .missing(function, .direction) }
            let row = try find(
                function.rawValue, in: StreamingRow.rows, profile, version,
                key: { ($0.architecture, $0.kernels) })
            let isForDevice = kind == .map || kind == .syncForDevice
            guard let found = (isForDevice ? row.forDevice : row.forCPU)[direction] else {
                throw .noDirection(function)
            }
            steps = isCoherent || isSkipped ? [] : found
        case .allocateCoherent, .poolAllocate:
            let row = try find(
                function.rawValue, in: AllocationRow.coherent, profile, version,
                key: { ($0.architecture, $0.kernels) })
            steps = isCoherent ? row.coherentSteps : row.steps
        case .allocateNoncoherent:
            let row = try find(
                function.rawValue, in: AllocationRow.noncoherent, profile, version,
                key: { ($0.architecture, $0.kernels) })
            steps = isCoherent ? row.coherentSteps : row.steps
        case .freeCoherent, .poolDestroy:
            steps = isCoherent ? [] : [.setMemoryType(.writeBack)]
        case .mapResource, .unmapResource, .mappingError, .freeNoncoherent, .poolCreate, .poolFree,
            .driverUnbind:
            steps = []
        }
        return steps.filter {
            if case .outer = $0 { profile.outerLineSize != nil } else { true }
        }
    }

    /// The kernel, for a call that needs one.
    static func linux(
        _ function: DMACall.Function, _ profile: LoweringProfile
    ) throws(LoweringError) -> KernelVersion {
        guard case .linux(let version) = profile.kernel else { throw .kernelNeeded(function) }
        return version
    }

    /// The row of a table for a family and a kernel.
    static func find<Row>(
        _ what: String, in rows: [Row], _ profile: LoweringProfile, _ version: KernelVersion,
        key: (Row) -> (LoweringProfile.Architecture?, [KernelSpan])
    ) throws(LoweringError) -> Row {
        var known: [KernelSpan] = []
        for row in rows {
            let (architecture, kernels) = key(row)
            guard architecture == profile.architecture else { continue }
            if kernels.contains(where: { $0.contains(version) }) { return row }
            known += kernels
        }
        throw .notLowered(
            what, profile.architecture, profile.kernel, known: describe(kernels: known))
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

    /// Whether attributes keep a call from doing maintenance.
    private static func skipsMaintenance(
        _ function: DMACall.Function, _ attributes: DMAAttributes
    ) throws(LoweringError) -> Bool {
        var isSkipped = false
        for bit in 0..<UInt32.bitWidth where attributes.rawValue & (1 << UInt32(bit)) != 0 {
            guard bit < AttributeTreatment.rows.count else {
                throw .attributeNotLowered(function, "bit \(bit)")
            }
            let row = AttributeTreatment.rows[bit]
            switch CallClass(function).isAllocation ? row.allocation : row.mapping {
            case .noMaintenance: isSkipped = true
            case .ignored: break
            case .notLowered: throw .attributeNotLowered(function, DMAAttributes.names[bit])
            }
        }
        return isSkipped
    }
}
