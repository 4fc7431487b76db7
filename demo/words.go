package demo

// The words the store is made of. The order of everything here is part of the data: a word that moves changes what ids
// stand for.

// name is a part of a person's name, as it is written and as it stands in an e-mail address.
type name struct{ text, ascii string }

func firstNames() []name {
	return []name{
		{"Zoë", "zoe"}, {"José", "jose"}, {"Łukasz", "lukasz"}, {"Søren", "soren"}, {"Amélie", "amelie"},
		{"Jürgen", "jurgen"}, {"Ada", "ada"}, {"Bilal", "bilal"}, {"Chiara", "chiara"}, {"Dmitri", "dmitri"},
		{"Elif", "elif"}, {"Fatima", "fatima"}, {"Grace", "grace"}, {"Hiroshi", "hiroshi"}, {"İpek", "ipek"},
		{"Jana", "jana"}, {"Kwame", "kwame"}, {"Lena", "lena"}, {"Måns", "mans"}, {"Noor", "noor"},
		{"Olga", "olga"}, {"Priya", "priya"}, {"Quentin", "quentin"}, {"Rania", "rania"}, {"Siobhán", "siobhan"},
		{"Tomáš", "tomas"}, {"Uma", "uma"}, {"Viktor", "viktor"}, {"Wanjiru", "wanjiru"}, {"Ximena", "ximena"},
	}
}

func familyNames() []name {
	return []name{
		{"Lindqvist", "lindqvist"}, {"Núñez", "nunez"}, {"Wójcik", "wojcik"}, {"Østergaard", "ostergaard"},
		{"Lefèvre", "lefevre"}, {"Müller", "muller"}, {"Okafor", "okafor"}, {"Çelik", "celik"}, {"Rossi", "rossi"},
		{"Petrov", "petrov"}, {"Yılmaz", "yilmaz"}, {"Haddad", "haddad"}, {"O’Brien", "obrien"}, {"Tanaka", "tanaka"},
		{"Novák", "novak"}, {"Mensah", "mensah"}, {"Sørensen", "sorensen"}, {"Kaur", "kaur"}, {"Dubois", "dubois"},
		{"Škoda", "skoda"}, {"Moreau", "moreau"}, {"Araújo", "araujo"}, {"van Dijk", "vandijk"}, {"Ekström", "ekstrom"},
	}
}

// place is a city with a typical postal code.
type place struct{ city, postalCode, country string }

func places() []place {
	return []place{
		{"Malmö", "211 20", "SE"}, {"Zürich", "8004", "CH"}, {"Kraków", "31-042", "PL"}, {"Lisboa", "1200-109", "PT"},
		{"Århus", "8000", "DK"}, {"Köln", "50667", "DE"}, {"Lyon", "69002", "FR"}, {"Bologna", "40126", "IT"},
		{"Gent", "9000", "BE"}, {"Utrecht", "3511 LX", "NL"}, {"Cork", "T12 W8KD", "IE"}, {"Brno", "602 00", "CZ"},
		{"Málaga", "29015", "ES"}, {"Tampere", "33100", "FI"}, {"Graz", "8010", "AT"},
	}
}

func streets() []string {
	return []string{
		"Storgatan", "Bahnhofstraße", "ulica Długa", "Rua Augusta", "Nørregade", "Ringstraße", "rue Mercière",
		"via Zamboni", "Veldstraat", "Oudegracht", "Oliver Plunkett Street", "Masarykova", "calle Larios",
		"Hämeenkatu", "Herrengasse",
	}
}

// maker is a brand.
type maker struct{ label, country string }

func makers() []maker {
	return []maker{
		{"Nordlys", "NO"}, {"Atelier Brun", "FR"}, {"Kestrel & Sons", "IE"}, {"Lumière", "FR"}, {"Fjordkraft", "NO"},
		{"Harbour Lane", "IE"}, {"Casa Olmo", "ES"}, {"Werkhof", "DE"}, {"Tideline", "PT"}, {"Mori 森", "JP"},
		{"Papierfuchs", "AT"}, {"Little Comet", "NL"}, {"Pine & Ember", "FI"}, {"Gullvivan", "SE"}, {"Blue Kettle", "BE"},
		{"Öresund Lamp", "SE"}, {"Voltaic", "DE"}, {"Old Mill", "CZ"}, {"Sete Colinas", "PT"}, {"Dripstone", "IT"},
	}
}

// shelf is the part of the store that one category fills: what is made of what.
type shelf struct {
	category string
	styles   []string
	things   []string
	from, to int // prices in whole units
}

func shelves() []shelf {
	return []shelf{
		{"HOME", []string{"Walnut", "Linen", "Brass", "Ash", "Smoked Glass", "Wool", "Rattan", "Ceramic"},
			[]string{"Desk Lamp", "Floor Lamp", "Cushion", "Mirror", "Throw", "Shelf", "Vase", "Clock", "Stool", "Candle Holder"},
			15, 240},
		{"KITCHEN", []string{"Cast Iron", "Copper", "Enamel", "Beech", "Stoneware", "Steel", "Marble", "Crème"},
			[]string{"Pan", "Kettle", "Bread Board", "Café Press", "Mixing Bowl", "Knife Block", "Teapot", "Mortar", "Salt Cellar", "Scale"},
			9, 180},
		{"GARDEN", []string{"Galvanised", "Cedar", "Terracotta", "Folding", "Long-Handled", "Weatherproof", "Green", "Heavy"},
			[]string{"Watering Can", "Planter", "Trowel", "Bird Feeder", "Bench", "Lantern", "Rake", "Hose Reel", "Cold Frame", "Garden Lamp"},
			7, 210},
		{"ELECTRONICS", []string{"Pocket", "Wireless", "Solar", "Compact", "Studio", "Rechargeable", "Silent", "Retro"},
			[]string{"Radio", "Speaker", "Headphones", "Charger", "Reading Lamp", "Keyboard", "Microphone", "Alarm Clock", "Camera", "Projector"},
			19, 480},
		{"OUTDOOR", []string{"Ultralight", "Waxed", "Alpine", "Insulated", "Packable", "Storm", "Merino", "Trail"},
			[]string{"Tent", "Backpack", "Head Lamp", "Bottle", "Sleeping Bag", "Jacket", "Stove", "Hammock", "Map Case", "Blanket"},
			12, 390},
		{"TOYS", []string{"Wooden", "Felt", "Magnetic", "Giant", "Tiny", "Painted", "Musical", "Wind-Up"},
			[]string{"Train", "Bear", "Puzzle", "Kite", "Blocks", "Puppet", "Spinning Top", "Night Lamp", "Dominoes", "Rocket"},
			5, 90},
		{"BOOKS", []string{"The Quiet", "A Short History of the", "Letters from the", "The Last", "Inside the", "Beyond the", "The Painted", "Notes on the"},
			[]string{"Harbour", "Lighthouse", "Orchard", "Café", "Glacier", "Library", "Piano", "Fjord", "Garden", "Night Train"},
			8, 45},
	}
}

func editions() []string {
	return []string{"", "Classic", "No. 2", "Limited Edition"}
}

func pitches() []string {
	return []string{
		"Made in small numbers, and made to be repaired.",
		"Light enough to forget, sturdy enough to inherit.",
		"Our staff’s favourite for three years running.",
		"Simple in form and honest in material.",
		"Looks better the longer it is used.",
		"Everything you need, nothing you do not.",
		"Designed in a workshop above a bakery; smells of neither.",
		"Arrives assembled, in a box without plastic.",
	}
}

// verdicts are the texts of reviews, by rating.
func verdicts() [6][]string {
	return [6][]string{
		1: {"Broke on the second day. 😞", "Not what the picture shows. I sent it back.", "Arrived scratched, and nobody answered my letters."},
		2: {"It works, but only just.", "Smaller than I thought, and louder.", "Nice idea, poor finish."},
		3: {"Does what it says, no more.", "Good value, though the colour is off.", "Fine for the price – would buy again on sale."},
		4: {"Solid and handsome. One star off for the box.", "Very good. My daughter has taken it over.", "Better than the one I had for ten years."},
		5: {"Exactly as described. 👍", "Wunderschön! I ordered a second one the same evening.", "Perfect. Même mon grand-père l’adore.", "とても気に入りました。 Highly recommended.", "Could not be happier with it."},
	}
}

func wishes() []string {
	return []string{"", "", "", "", "", "Please ring twice.", "Leave it with the neighbour.", "Es ist ein Geschenk 🎁", "No plastic, please."}
}
