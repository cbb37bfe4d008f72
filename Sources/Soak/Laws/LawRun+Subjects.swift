import Events
import MemoryModel

/// What laws are about: what a run has to have for one of them.
extension LawRun {
    /// Whether devices move something.
    var hasBursts: Bool { events.contains(where: \.isBurst) }
    /// Whether devices begin something.
    var hasTransfers: Bool { events.contains { $0.kind == .deviceStart } }
    /// Whether stores enter a buffer.
    var hasBufferedStores: Bool { events.contains { $0.kind == .store && $0.place.isBuffer } }
    /// Whether caches take lines.
    var hasLinefills: Bool { events.contains { $0.kind == .linefill } }
    /// Whether memory is asked for something, on the chip or behind the pins.
    var hasMemoryTraffic: Bool { events.contains { $0.kind == .memoryTraffic } }
    /// Whether something goes over memory's pins.
    var hasTransfersOverPins: Bool { events.contains(where: \.isOverPins) }

    /// Whether there are cores that write lines, and none past the others.
    var hasOneWriterOfALine: Bool {
        configuration.core.count > 1 && configuration.coherence.isEnabled && !facts.changesSharing
    }

    /// Whether there is a second level that nobody asks but the first.
    ///
    /// Non-cacheable loads look into some outer caches, too, whether or not memory serves them.
    var asksLevel2ForLevel1Alone: Bool {
        configuration.level2.map { $0.outer?.overridesShared != false } ?? false
    }
}

extension Event {
    /// Whether a device moves something.
    ///
    /// Not its start: the next round of a cyclic transfer is told to begin with the end of the one before.
    var isBurst: Bool { !agent.isCore && (kind == .deviceRead || kind == .deviceWrite) }

    /// Whether this is of memory behind the pins, not on the chip.
    var isOverPins: Bool { kind == .memoryTraffic && detail == 0 }
}
