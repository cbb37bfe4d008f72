/// What somebody may have meant who wrote `word`; nil if no candidate is near.
func nearest(to word: String, among candidates: [String]) -> String? {
    // Long words are hostile or hopeless, and the distance costs length squared.
    guard word.utf8.count <= 40 else { return nil }
    let wanted = Array(word.lowercased().utf8)
    var best: (candidate: String, distance: Int)?
    for candidate in candidates {
        let distance = editDistance(wanted, Array(candidate.lowercased().utf8))
        if distance < best?.distance ?? .max { best = (candidate, distance) }
    }
    guard let best, best.distance <= max(1, wanted.count / 3) else { return nil }
    return best.candidate
}

/// Insertions, removals, replacements and swaps of neighbours that turn one word into another.
private func editDistance(_ left: [UInt8], _ right: [UInt8]) -> Int {
    var older: [Int] = []
    var old = Array(0...right.count)
    for i in 0..<left.count {
        var row = [i + 1]
        for j in 0..<right.count {
            var cost = min(old[j + 1] + 1, row[j] + 1, old[j] + (left[i] == right[j] ? 0 : 1))
            if i > 0, j > 0, left[i] == right[j - 1], left[i - 1] == right[j] {
                cost = min(cost, older[j - 1] + 1)
            }
            row.append(cost)
        }
        (older, old) = (old, row)
    }
    return old[right.count]
}
