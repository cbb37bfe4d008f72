/// What somebody may have meant by a word that nothing is called.
public enum Suggestion {
    /// Longer words are not compared: they are hostile or hopeless, and comparing costs length squared.
    public static let longestWord = 40

    /// The candidate nearest to a word; nil if none is near.
    ///
    /// A third of the letters may differ, and two in any case; of three letters or fewer one, or else every short
    /// word would resemble `ld`. Upper and lower case are the same.
    ///
    /// - Complexity: O(*n*²) in the length of words, for each candidate.
    public static func nearest(to word: String, among candidates: [String]) -> String? {
        guard word.utf8.count <= longestWord else { return nil }
        let letters = Array(word.lowercased().utf8)
        var limit = letters.count <= 3 ? 1 : max(2, letters.count / 3)
        var best: String?
        for candidate in candidates where candidate != word {
            let other = Array(candidate.lowercased().utf8)
            guard abs(other.count - letters.count) <= limit else { continue }
            let distance = distance(letters, other)
            if distance <= limit {
                best = candidate
                limit = distance - 1
            }
            if limit < 0 { break }
        }
        return best
    }

    /// The candidates that begin with a word, and those near it, the nearest first.
    ///
    /// Who types the beginning of a name may mean any that goes on from it; of a beginning of fewer than three letters too many
    /// do. Nearness is that of ``nearest(to:among:)``.
    ///
    /// - Parameters:
    ///   - word: What was typed.
    ///   - candidates: The names.
    ///   - limit: How many at most.
    /// - Returns: names, of equal distance in the order of the candidates.
    /// - Complexity: O(*n*²) in the length of words, for each candidate.
    public static func several(
        near word: String, among candidates: [String], limit: Int
    ) -> [String] {
        guard !word.isEmpty, word.utf8.count <= longestWord else { return [] }
        let letters = Array(word.lowercased().utf8)
        let most = letters.count <= 3 ? 1 : max(2, letters.count / 3)
        var found: [(distance: Int, place: Int)] = []
        for (place, candidate) in candidates.enumerated() where candidate != word {
            let other = Array(candidate.lowercased().utf8)
            let isBeginning = letters.count >= 3 && other.starts(with: letters)
            let isNear = abs(other.count - letters.count) <= most
            guard isBeginning || isNear else { continue }
            let distance = isBeginning ? 0 : distance(letters, other)
            if distance <= most { found.append((distance, place)) }
        }
        return found.sorted { ($0.distance, $0.place) < ($1.distance, $1.place) }
            .prefix(limit).map { candidates[$0.place] }
    }

    /// Insertions, removals, replacements and swaps of neighbours that turn one word into another.
    static func distance(_ left: [UInt8], _ right: [UInt8]) -> Int {
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
}
