import Hazards

extension MendScene {
    /// The edits that may mend a finding, the preferred ones first; each with its rank, from 0.
    ///
    /// - Complexity: O(*n*) in the number of statements for each family of edits.
    func candidates(for finding: Finding) -> [(rank: Int, edit: MendEdit)] {
        var result: [(rank: Int, edit: MendEdit)] = []
        for (place, family) in families(for: finding).enumerated() {
            for edit in edits(family, finding) {
                result.append((place * MendEdit.familyStep + edit.order, edit))
            }
        }
        return result.enumerated().sorted {
            ($0.element.rank, $0.offset) < ($1.element.rank, $1.offset)
        }.map(\.element)
    }

    private func edits(_ family: MendFamily, _ finding: Finding) -> [MendEdit] {
        let all: [MendEdit] =
            switch family {
            case .call:
                profile.usesLinux
                    ? owners(finding) + calls(finding) + blocks(finding) + syncs(finding)
                        + failures(finding) + entries(finding) + reachableMasks(finding) : []
            case .declaration: declarations(finding) + masks(finding)
            case .barrier: barriers(finding)
            case .layout: layouts(finding)
            case .correction: corrections(finding)
            case .towardsCore, .cleaning, .discarding:
                maintenance(finding) + betweenCores(finding)
            case .order:
                waits(finding) + movedUpkeep(finding) + (profile.usesLinux ? syncs(finding) : [])
            case .removal: removedUpkeep(finding)
            case .instructions: instructions(finding)
            case .attributes:
                attributes(finding) + userMappings(finding) + types(finding)
                    + aliasUpkeep(finding)
            }
        return all.filter { $0.family == family }
    }

    /// Maintenance that is added: by calls on Linux, else by the library or by instructions.
    private func maintenance(_ finding: Finding) -> [MendEdit] {
        profile.usesLinux ? syncs(finding) : beforeTransfer(finding) + afterTransfer(finding)
    }

    private func syncs(_ finding: Finding) -> [MendEdit] { handovers(finding) }

    /// The families in which a mend is looked for, the preferred one first.
    private func families(for finding: Finding) -> [MendFamily] {
        switch finding.code {
        case .h01, .h08, .h36, .h37, .h38, .h40:
            [.correction, .towardsCore, .order, .cleaning, .discarding, .layout, .call, .barrier]
        case .h41: [.attributes]
        case .h02, .h35:
            [.call, .correction, .discarding, .cleaning, .order, .towardsCore, .layout]
        case .h03: [.correction, .cleaning, .order, .call, .barrier, .layout]
        case .h04: [.barrier, .correction, .cleaning, .order]
        case .h05, .h06, .h07, .h39: [.barrier, .correction, .order, .cleaning, .towardsCore]
        case .h10, .h11, .h12:
            // What no device moves needs no maintenance.
            finding.code == .h11 && works(on: finding.range).isEmpty
                ? [.removal, .correction, .layout]
                : [.layout, .correction, .cleaning, .discarding, .call, .removal, .order]
        case .h19: [.layout, .call, .order, .correction]
        case .h28: [.declaration, .attributes, .correction, .cleaning, .towardsCore]
        case .h13:
            // Caches that are off cannot be switched on for the sake of a mapping.
            // Only what a driver maps is a mapping's; other uncached views are a core's with its caches off.
            profile.usesLinux && !mappings.isEmpty
                ? [.attributes, .barrier, .correction, .cleaning]
                : [.barrier, .correction, .attributes, .cleaning]
        // A map that failed is not made good by another.
        case .h32: [.call]
        case .h14, .h15, .h16, .h17, .h09, .h20, .h21, .h34:
            [.call, .order, .cleaning, .towardsCore, .layout]
        case .h18: [.call, .cleaning, .order, .towardsCore]
        case .h22: [.barrier, .instructions, .correction]
        case .h23: [.order, .correction, .towardsCore, .cleaning, .discarding]
        case .h24: [.correction, .call, .towardsCore, .cleaning, .order]
        case .h25: [.attributes, .correction, .cleaning]
        case .h26: [.declaration]
        case .h27: [.declaration, .attributes]
        case .h30, .h31: [.layout, .call]
        // What the driver asks for can be changed; what the device is, only where it was declared wrongly.
        case .h33: [.call, .declaration, .layout]
        case .h42: [.discarding, .cleaning, .correction, .order, .removal]
        case .h29: [.correction, .cleaning, .towardsCore, .barrier, .order]
        }
    }
}
