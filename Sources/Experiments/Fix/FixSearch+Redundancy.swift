import Hazards
import Operations
import Quantities
import Traces

extension FixSearch {
    /// Which operations of a trace without findings can go, each alone and which of them together, the dearest first.
    mutating func redundant(in state: State) -> [RedundantOperation] {
        let scene = MendScene(state.result, text: state.text, origins: origins)
        var found: [(change: TraceText.Change, operation: RedundantOperation)] = []
        for offer in scene.dispensable {
            guard runs < 2 * limits.runs else { break }
            // What the repair adds is an idiom, and stays whole.
            guard state.text.lines[scene.line(offer.place)].source != nil else { continue }
            let change = offer.change
            guard let judged = judge(state.text.changed(by: [change])),
                judged.judgement.findings.isEmpty
            else { continue }
            let cycles = state.result.workCycles - judged.workCycles
            // A call that does nothing here costs nothing: there is nothing to gain.
            if !offer.instead.isEmpty, cycles <= 0 { continue }
            let line = scene.line(offer.place)
            found.append(
                (
                    change,
                    RedundantOperation(
                        line: line + 1, source: state.text.lines[line].source ?? line + 1,
                        words: state.text.statement(of: line), instead: offer.instead,
                        cycles: cycles,
                        canGoToo: false)
                ))
        }
        found = found.enumerated().sorted {
            (-$0.element.operation.cycles, $0.offset) < (-$1.element.operation.cycles, $1.offset)
        }.map(\.element)
        var together: [TraceText.Change] = []
        for place in found.indices {
            let changes = together + [found[place].change]
            guard
                changes.count == 1
                    || judge(state.text.changed(by: changes))?
                        .judgement.findings.isEmpty == true
            else { continue }
            together = changes
            found[place].operation.canGoToo = true
        }
        return found.map(\.operation)
    }
}

extension MendScene {
    /// Something that a trace may do without.
    struct Dispensable {
        var place: Int
        var change: TraceText.Change
        /// What is done instead; empty: nothing.
        var instead: String
    }

    /// Maintenance, barriers and calls whose effects are judged, so that a trace can show whether they are needed.
    ///
    /// Not among them: what makes an address or memory, what orders cores among each other, which nothing here judges,
    /// and the instruction barrier.
    var dispensable: [Dispensable] {
        let cores = Set(operations(0..<program.statements.count).map(\.agent).filter(\.isCore))
        return operations(0..<program.statements.count).compactMap { place, core, operation in
            let removal = Dispensable(place: place, change: .remove(line(place)), instead: "")
            switch operation {
            case .maintenance(let item): return item.instruction == .dcZVA ? nil : removal
            case .vendor: return removal
            case .barrier(let barrier):
                return cores.count > 1 || barrier.instruction == .isb ? nil : removal
            case .kernelBarrier(let barrier):
                return cores.count > 1 || barrier.rawValue.hasPrefix("smp") ? nil : removal
            case .dma(var call):
                if call.function.isSync { return removal }
                let isUnmap = call.function.isRelease && call.function.rawValue.contains("unmap")
                guard call.function.isStreamingMap || isUnmap,
                    call.function != .unmapResource, !call.attributes.contains(.skipCPUSync)
                else { return nil }
                call.attributes.insert(.skipCPUSync)
                return Dispensable(
                    place: place, change: replacement(place, .dma(call)),
                    instead: "attrs=SKIP_CPU_SYNC")
            default: return nil
            }
        }
    }
}
