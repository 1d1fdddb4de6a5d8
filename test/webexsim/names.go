package webexsim

// name is a made-up name and its form in a mail address.
type name struct{ shown, ascii string }

var firstNames = []name{
	{"Ada", "ada"},
	{"Bruno", "bruno"},
	{"Chidi", "chidi"},
	{"Dana", "dana"},
	{"Elif", "elif"},
	{"Farid", "farid"},
	{"Grace", "grace"},
	{"Hiro", "hiro"},
	{"Inés", "ines"},
	{"Jonas", "jonas"},
	{"Kavya", "kavya"},
	{"Luís", "luis"},
	{"Mei", "mei"},
	{"Noor", "noor"},
	{"Olga", "olga"},
	{"Paul", "paul"},
	{"Quinn", "quinn"},
	{"Rosa", "rosa"},
	{"Sven", "sven"},
	{"Tariq", "tariq"},
	{"Uma", "uma"},
	{"Vera", "vera"},
	{"Wanda", "wanda"},
	{"Xenia", "xenia"},
	{"Yusuf", "yusuf"},
	{"Zoë", "zoe"},
}

var lastNames = []name{
	{"Abbott", "abbott"},
	{"Becker", "becker"},
	{"Castillo", "castillo"},
	{"Dubois", "dubois"},
	{"Eriksen", "eriksen"},
	{"Fontaine", "fontaine"},
	{"García", "garcia"},
	{"Haddad", "haddad"},
	{"Ivanova", "ivanova"},
	{"Johansson", "johansson"},
	{"Kowalski", "kowalski"},
	{"Lindqvist", "lindqvist"},
	{"Moreau", "moreau"},
	{"Nakamura", "nakamura"},
	{"O'Brien", "obrien"},
	{"Petrov", "petrov"},
	{"Quispe", "quispe"},
	{"Rahman", "rahman"},
	{"Schäfer", "schaefer"},
	{"Tanaka", "tanaka"},
	{"Ueda", "ueda"},
	{"Vasquez", "vasquez"},
	{"Weber", "weber"},
	{"Xu", "xu"},
	{"Yılmaz", "yilmaz"},
	{"Zielińska", "zielinska"},
}

var departments = []string{"Sales", "Engineering", "Finance", "Support", "Marketing", "Operations", "Legal", "People"}

var titles = []string{"Engineer", "Account Manager", "Analyst", "Team Lead", "Consultant", "Director", "Coordinator", "Specialist"}

type city struct{ name, state, country, zone string }

var cities = []city{
	{"Denver", "CO", "US", "America/Denver"},
	{"Boston", "MA", "US", "America/New_York"},
	{"Seattle", "WA", "US", "America/Los_Angeles"},
	{"Toronto", "ON", "CA", "America/Toronto"},
	{"London", "London", "GB", "Europe/London"},
	{"Paris", "IDF", "FR", "Europe/Paris"},
	{"Berlin", "BE", "DE", "Europe/Berlin"},
	{"Madrid", "MD", "ES", "Europe/Madrid"},
	{"Mumbai", "MH", "IN", "Asia/Kolkata"},
	{"Singapore", "SG", "SG", "Asia/Singapore"},
	{"Tokyo", "Tokyo", "JP", "Asia/Tokyo"},
	{"Sydney", "NSW", "AU", "Australia/Sydney"},
}
