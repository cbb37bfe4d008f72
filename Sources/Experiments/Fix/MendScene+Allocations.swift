import Hazards
import Operations

// What is wrong with allocations that are shared with user space, or never given back.

extension MendScene {
    /// Another mapping of what `dma_alloc_*()` gave: with the attributes that the kernel gave it.
    func userMappings(_ finding: Finding) -> [MendEdit] {
        guard profile.usesLinux else { return [] }
        var edits: [MendEdit] = []
        let isAllocated = program.statements.contains {
            if case .operation(_, .dma(let call)) = $0.body {
                [.allocCoherent, .zallocCoherent, .allocAttrs, .allocWriteCombine].contains(
                    call.function)
            } else {
                false
            }
        }
        for (place, statement) in program.statements.enumerated() {
            switch statement.body {
            case .operation(_, .dma(var call)) where call.function == .mmapPages:
                call.function = .mmapCoherent
                edits.append(
                    MendEdit(
                        .replace, .attributes, order: 1, [replacement(place, .dma(call))],
                        "Map it for user space with dma_mmap_coherent(), which gives it the attributes that the "
                            + "kernel's own mapping has"))
            case .declaration(.alias(let name, let region, let start, let type, _))
            where isAllocated && type.isCacheable:
                edits.append(
                    MendEdit(
                        .declare, .attributes, order: 2,
                        [
                            replacement(
                                place,
                                .alias(
                                    name, of: region, address: start, .nonCacheable, .outerShareable
                                ))
                        ],
                        "Map `\(program.symbols[name]?.name ?? "the alias")` as what dma_alloc_coherent() gave is "
                            + "mapped, as dma_mmap_coherent() does for user space"))
            default: continue
            }
        }
        return edits
    }

    /// What is mapped or allocated for one device and moved by another, for the one that moves it.
    func owners(_ finding: Finding) -> [MendEdit] {
        guard finding.code == .h17, !finding.agent.isCore else { return [] }
        return mappings.compactMap { mapping in
            guard mapping.overlaps(finding.range), mapping.isLive(at: finding.record - 1),
                let old = mapping.call.device, old != finding.agent
            else { return nil }
            var call = mapping.call
            call.device = finding.agent
            return MendEdit(
                .replace, .call, order: 0, [replacement(mapping.place, .dma(call))],
                "hand \(profile.name(of: finding.agent)), which moves the bytes, to \(call.function.rawValue)() at "
                    + "\(quote(mapping.place)), not \(profile.name(of: old))")
        }
    }

    /// Blocks that a pool still has out when it is destroyed.
    func blocks(_ finding: Finding) -> [MendEdit] {
        let place = finding.record - 1
        guard finding.code == .h20, program.statements.indices.contains(place),
            case .operation(let core, .dma(let call)) = program.statements[place].body,
            call.function == .poolDestroy, let pool = program.symbols[call.pool]?.name
        else { return [] }
        var live: [String] = []
        for statement in program.statements[..<place] {
            guard case .operation(_, .dma(let other)) = statement.body, other.pool == call.pool,
                let name = program.symbols[other.handle]?.name
            else { continue }
            switch other.function {
            case .poolAlloc, .poolZalloc: live.append(name)
            case .poolFree: live.removeAll { $0 == name }
            default: continue
            }
        }
        guard !live.isEmpty else { return [] }
        return [
            MendEdit(
                .add, .call, order: 0,
                [
                    insertion(
                        live.map { "dma_pool_free \(pool) \($0)" }, before: place, by: core)
                ],
                "Give the blocks of `\(pool)` back before it is destroyed: \(live.joined(separator: ", "))"
            )
        ]
    }
}
